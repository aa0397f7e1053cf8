// See view.h.
#include "sim/check/view.h"

#include <algorithm>

#include "sim/actor/wire_text.h"
#include "sim/check/in_force.h"
#include "sim/check/stream_watch.h"

namespace sim::check {

using plan::AnswerFault;
using plan::FaultKind;
using namespace std::chrono_literals;

namespace {

// Where its host leads, and if that is nowhere or a backend knows better, where rules have led it or may have.
const lb::config::Service* serviceOfView(const Ledger& ledger, const Entry& entry) {
  const lb::config::Service* own = serviceOf(ledger.scenario(), *entry.plan);
  if (own != nullptr && entry.routed_to.empty()) return own;
  const auto names = ledger.servicesOf(entry);
  const auto& services = ledger.scenario().config.services;
  const auto led = std::ranges::find_if(
      services, [&](const auto& service) { return std::ranges::find(names, service.name) != names.end(); });
  return led == services.end() ? own : &*led;
}

}  // namespace

Duration noticeTime(const Ledger& ledger, std::uint32_t backend, MonoTime since) {
  using enum FaultKind;
  const auto who = static_cast<int>(backend);
  const Duration time = 2 * plan::longestWay(ledger.scenario(), who) + 20ms;
  const MonoTime from = since + -time;
  const bool ill = ledger.troubles().any({Stall, StallTo, StallFrom, Loss, Slow, Pause}, who, from, ledger.now()) ||
                   ledger.troubles().any({Pause}, plan::kProxySide, from, ledger.now());
  return ill ? Duration::max() : time;
}

std::optional<lb::config::Pool> poolFor(const Ledger& ledger, const Entry& entry) {
  const lb::config::Service* service = serviceOf(ledger.scenario(), *entry.plan);
  if (service == nullptr) return std::nullopt;
  return poolOf(ledger, *service, entry.started, ledger.now());
}

Duration leastHeaderTime(const Ledger& ledger, const lb::config::Service& service, MonoTime from, MonoTime to) {
  Duration least = headTimeOf(service);
  forEachInForce(ledger, service, from, to, [&](const auto& one) { least = std::min(least, headTimeOf(one)); });
  return least;
}

Duration longestHeaderTime(const Ledger& ledger, const lb::config::Service& service, MonoTime from, MonoTime to) {
  Duration longest{};
  forEachInForce(ledger, service, from, to, [&](const auto& one) { longest = std::max(longest, headTimeOf(one)); });
  // A service that is gone goes on as it was with what it has.
  return longest == Duration::zero() ? service.timeouts.response_header : longest;
}

Duration headTakes(const plan::Request& plan) {
  if (plan.answer.piece == 0) return {};
  return plan.answer.gap * static_cast<int>(actor::answerText(plan).head_size / plan.answer.piece + 1);
}

View::View(const Ledger& whose, const Entry& of)
    : ledger(whose),
      scenario(whose.scenario()),
      entry(of),
      plan(*of.plan),
      service(serviceOfView(whose, of)),
      from((of.connected == kNever ? of.started : of.connected) + -slack()),
      to(whose.now()) {}

// Its client's, and those of the backends that may serve it: where rules lead it, any.
Duration View::way() const {
  if (service == nullptr) return plan::longestWay(scenario, plan::kClientsSide);
  if (!scenario.config.routes.empty()) return plan::longestWay(scenario);
  Duration longest = plan::longestWay(scenario, plan::kClientsSide);
  for (std::uint32_t i = 0; i < scenario.backends.size(); ++i) {
    const int who = static_cast<int>(i);
    if (plan::farness(scenario, who) > 0ms && mayServe(ledger, *service, i, from, to))
      longest = std::max(longest, plan::longestWay(scenario, who));
  }
  return longest;
}

bool View::client(std::initializer_list<FaultKind> kinds) const {
  return ledger.troubles().any(kinds, plan::kClientsSide, from, to);
}

bool View::proxy(std::initializer_list<FaultKind> kinds) const {
  return ledger.troubles().any(kinds, plan::kProxySide, from, to);
}

std::size_t View::backends(std::initializer_list<FaultKind> kinds) const {
  std::size_t count = 0;
  for (std::uint32_t i = 0; service != nullptr && i < scenario.backends.size(); ++i) {
    const bool serves = mayServe(ledger, *service, i, from, to);
    count += serves && ledger.troubles().any(kinds, static_cast<int>(i), from, to) ? 1 : 0;
  }
  return count;
}

std::size_t View::othersOut(std::initializer_list<FaultKind> kinds) const {
  std::size_t count = 0;
  for (std::uint32_t i = 0; service != nullptr && i < scenario.backends.size(); ++i) {
    const bool well = !ledger.troubles().any(kinds, static_cast<int>(i), from, to);
    count += well && ledger.wasOut(entry, i, from) ? 1 : 0;
  }
  return count;
}

bool View::fault(std::initializer_list<AnswerFault> faults) const {
  return !entry.calm && std::ranges::find(faults, plan.answer.fault) != faults.end();
}

bool View::strayBytes() const {
  return scenario.has("bad_answer") || scenario.has("idle_bytes") || scenario.has("wrong_length") ||
         scenario.has("idle_answer");
}

// One of those that may serve it, at any time: its reset may have been lost, and the pooled connection be old.
bool View::hasDied() const {
  for (std::uint32_t i = 0; service != nullptr && i < scenario.backends.size(); ++i) {
    const bool died = ledger.troubles().any({FaultKind::Kill}, static_cast<int>(i), MonoTime{}, to);
    if (died && mayServe(ledger, *service, i, from, to)) return true;
  }
  return false;
}

bool View::closesQuietly() const {
  return scenario.has("silent_close") || scenario.has("idle_close") || hasDied() || scenario.has("early") ||
         scenario.has("early_close") || scenario.has("reset_after") || scenario.has("idle_race") || strayBytes();
}

bool View::mayBeReused() const {
  const bool all_seen = entry.logged.lines == 1 && entry.logged.attempts == entry.attempts.size();
  return !all_seen || std::ranges::any_of(entry.attempts, &Attempt::reused);
}

Duration View::networkTime() const {
  const std::uint64_t window = std::min<std::uint64_t>(scenario.network.window, scenario.config.limits.buffer_bytes);
  const std::uint64_t windows = (actor::requestText(plan).bytes.size() + actor::answerText(plan).bytes.size()) / window;
  return static_cast<Duration::rep>(10 + 2 * windows) * roundTrip() + 50ms;
}

bool View::clientIsSlow() const {
  const plan::Client& client = *entry.client;
  return client.piece > 0 || plan.cut_at >= 0 || plan.expect || scenario.has("small") ||
         std::ranges::any_of(client.requests, [](const plan::Request& one) { return one.cut_at >= 0; });
}

bool View::clientHalfCloses() const {
  const plan::Client& client = *entry.client;
  const bool cuts = std::ranges::any_of(client.requests, [](const plan::Request& one) { return one.cut_at >= 0; });
  return client.half_close || (cuts && client.cut == plan::Cut::HalfClose);
}

bool View::backendIsSlow(bool within_answer) const {
  if (entry.calm) return false;
  const auto& timeouts = service->timeouts;
  const Duration way = roundTrip() + 50ms;
  if (timeouts.total > 0ms) return true;
  if (plan.answer.piece > 0 && plan.answer.gap + way >= timeouts.response_idle) return true;
  // The rest of an answer of two parts takes as long as its client does.
  const bool pauses =
      plan.answer.duplex && (clientIsSlow() || plan.answer.delay + networkTime() >= timeouts.response_idle);
  if (within_answer) return pauses;
  return plan.answer.delay + headTakes(plan) + way >= leastHeaderTime(ledger, *service, entry.started, to);
}

bool View::readsInTime(Duration limit) const {
  const plan::Client& client = *entry.client;
  if (client.reading == plan::Reading::Never) return false;
  return plan::slowestWindow(scenario, client) < limit;
}

bool View::readsWhileLingering() const {
  const std::uint32_t reads =
      scenario.network.window / plan::kSmallRead * 2 * (scenario.network.short_io > 0 ? 5 : 1) + 1;
  return reads * entry.client->pace + 4 * roundTrip() + 50ms < StreamWatch::kLinger;
}

}  // namespace sim::check
