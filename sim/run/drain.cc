// The end: what is in flight is finished within the time for it, and then nothing is left and all numbers are right.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "sim/actor/wire_text.h"
#include "sim/check/books.h"
#include "sim/net/connection.h"
#include "sim/run/run.h"

namespace sim::run {

using check::Class;
using namespace std::chrono_literals;

constexpr Duration kAnswerInDrain = 1s;
constexpr Duration kBackoffMax = 3s;  // more than any that is drawn; an exchange that is over keeps its timer so long

// Somebody who has been served and might ask again; draining need not wait for that.
void Run::idleGuest() {
  plan::Client& client = *more_.emplace_back(std::make_unique<plan::Client>());
  client.requests.push_back(plainRequest("GET", 0));
  ask(client);
  expect(until([&] { return ledger_.of(last_id_).good; }, 10s), Class::Liveness, "liveness.fresh",
         "the last request before the drain is not answered");
}

// Somebody whose answer takes longer than the news of the drain.
void Run::busyGuest() {
  const lb::config::Service& service = config_.services.front();
  if (!hasRoom() || !config_.routes.empty() || scenario_.has("be") || !waitsFor(service, kAnswerInDrain)) return;
  if (scenario_.config.drain.timeout < 5s || scenario_.config.drain.delay > 1ms || !waysAreShort()) return;
  static_cast<void>(askFor(0, {.bytes = 100, .delay = kAnswerInDrain}, true));
}

void Run::drain() {
  if (!scenario_.drain_in_storm) idleGuest();
  if (!scenario_.drain_in_storm && !ledger_.failed()) busyGuest();
  if (ledger_.failed()) return;
  ledger_.trace("drain");
  const auto& settings = scenario_.config.drain;
  const auto listens = [&] {
    return std::ranges::any_of(scenario_.config.listen,
                               [&](const auto& one) { return stage_->proxyHost().listensOn(one.port); });
  };
  const MonoTime announced = world_.now();
  ledger_.setDrainAnnounced();
  stage_->proxy().drain();
  if (settings.delay > 1ms) {  // it is only announced until then, and everybody is served
    if (settings.delay > 1s && hasRoom()) idleGuest();
    const Duration told = world_.now() - announced;
    if (told < settings.delay - 1ms) pass(settings.delay - 1ms - told);
    expect(listens(), Class::Safety, "safety.drain", "a proxy stopped accepting before drain.delay was over");
    ledger_.leave(check::Mark::DrainDelayed);
  }
  std::vector<std::uint64_t> in_flight;
  for (const check::Entry& entry : ledger_.entries()) {
    if (entry.plan != nullptr && !entry.attempts.empty() && entry.ended == check::kNever && !entry.plan->upgrade)
      in_flight.push_back(entry.plan->id);
  }
  if (!in_flight.empty()) ledger_.leave(check::Mark::DrainedInFlight);
  ledger_.setDraining();
  const MonoTime begin = world_.now();
  // A worker that stands still drains when it goes on.
  const bool pauses =
      std::ranges::find(scenario_.faults, plan::FaultKind::Pause, &plan::Fault::kind) != scenario_.faults.end();
  const Duration standing = pauses ? Duration(10s) : Duration(1s);
  expect(until([&] { return !listens(); }, standing), Class::Safety, "safety.drain",
         "a proxy that drains goes on accepting");
  expect(until([&] { return stage_->proxy().stopped(); }, settings.timeout + standing - (world_.now() - begin)),
         Class::Liveness, "liveness.drain", "draining does not end");
  expect(stage_->proxy().exitCode() == 0, Class::Safety, "safety.drain", "draining ended with an error");
  constexpr Duration kIdleGrace = 2s;
  expect(scenario_.drain_in_storm || world_.now() - begin <= kIdleGrace, Class::Liveness, "liveness.drain_idle",
         "draining waits for connections on which nothing is asked");
  if (world_.now() - begin >= settings.timeout) ledger_.leave(check::Mark::DrainCut);
  if (!ledger_.failed()) checkDrained(std::move(in_flight));
  if (ledger_.failed()) return;
  stage_->heal();
  for (const auto& client : clients_) client->giveUp();
  for (const auto& backend : stage_->backends()) backend->kill();
  pass(100ms);
}

// Through a small window bytes go in rounds, each of which takes the way and back.
bool Run::takesLong(const plan::Request& request) const {
  const plan::Network& net = scenario_.network;
  const std::uint64_t rounds = (actor::answerText(request).bytes.size() + request.bytes) / net.window + 1;
  return rounds * 4 * (net.latency + net.jitter) >= scenario_.config.drain.timeout;
}

// Where nothing goes wrong and there is time enough, whoever was waiting for a backend gets the answer.
void Run::checkDrained(std::vector<std::uint64_t> in_flight) {
  if (scenario_.config.drain.timeout < 5s) return;
  if (!scenario_.calm_only) std::erase_if(in_flight, [&](std::uint64_t id) { return !ledger_.of(id).calm; });
  // What has been sent has to arrive, also with those who read slowly.
  const auto all_ended = [&] {
    return std::ranges::all_of(in_flight, [&](std::uint64_t id) { return ledger_.of(id).ended != check::kNever; });
  };
  static_cast<void>(until(all_ended, 5min));
  for (const std::uint64_t id : in_flight) {
    const check::Entry& entry = ledger_.of(id);
    ledger_.expect(entry.good || badLuck(entry) || entry.client->pace > 0s || takesLong(*entry.plan), Class::Safety,
                   "safety.drain_loses", id, "request {} was in flight when draining began and got no answer", id);
  }
}

void Run::finish() {
  for (const check::Entry& entry : ledger_.entries()) requests_ += entry.started != check::kNever ? 1 : 0;
  ledger_.checkAtTheEnd();
  Proxy& proxy = stage_->proxy();
  // What a reload takes away, it takes with its numbers.
  const bool services_stayed = std::ranges::all_of(ledger_.configurations(), [&](const auto& one) {
    return one.config.services.size() == scenario_.config.services.size();
  });
  check::checkBooks(ledger_, proxy.control().metrics(), services_stayed, scenario_.reloads.empty());
  expect(proxy.blocksInUse() == 0, Class::Safety, "safety.blocks", "{} blocks in use after the drain",
         proxy.blocksInUse());
  for (const auto& backend : proxy.control().registry().backends()) {
    expect(backend->inflight.load() == 0, Class::Safety, "safety.shared_load",
           "{} requests in flight at {} after the drain", backend->inflight.load(), backend->label());
  }
  // Exchanges that wait to be used again keep their timer, and names are looked up for as long as there is a worker.
  const auto keepsTimers = [](const lb::config::Service& service) {
    return service.timeouts.total > Duration::zero() || service.retry.per_try_timeout > Duration::zero();
  };
  const bool timers_stay = std::ranges::any_of(scenario_.config.services, keepsTimers) ||
                           std::ranges::any_of(proxy.config().services, check::hasNames);
  expect(timers_stay || ledger_.marks().count(static_cast<std::size_t>(check::Mark::TunnelOpened)) > 0 ||
             until([&] { return proxy.timersArmed() == 0; }, kBackoffMax),
         Class::Safety, "safety.timers", "{} timers are armed after the drain", proxy.timersArmed());
  if (ledger_.failed()) return;
  proxy.destroyWorkers();
  pass(100ms);
  expect(proxy.timersArmed() == 0, Class::Safety, "safety.timers", "{} timers are armed when nothing is left",
         proxy.timersArmed());
  const lb::IpAddress& here = stage_->proxyHost().address();
  const auto sockets = std::ranges::count_if(stage_->fabric().connections(), [&](const auto& one) {
    return (one->addressOf(net::Side::Client).ip == here && one->held(net::Side::Client)) ||
           (one->addressOf(net::Side::Server).ip == here && one->held(net::Side::Server));
  });
  expect(sockets == 0, Class::Safety, "safety.sockets", "{} sockets are open when nothing is left", sockets);
}

}  // namespace sim::run
