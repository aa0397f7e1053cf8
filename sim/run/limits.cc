// In the calm: an adaptive limit that has measured its backend stays within its bounds, a rate that a reload raises
// counts at once, and who leaves a queue is not served.
#include <array>

#include "lb/back/gradient_limit.h"
#include "sim/check/affinity_check.h"
#include "sim/check/in_force.h"
#include "sim/run/run.h"

namespace sim::run {

using namespace std::chrono_literals;

namespace {

// Requests, and then windows of them: more than the limit takes to know its backend, and to grow to the largest that is
// drawn (lb/back/gradient_limit.h).
constexpr int kMeasured = 60;
constexpr int kWindows = 8;
constexpr int kOfAWindow = 12;

constexpr Duration kTurn = 4s;  // until a place is free again
constexpr Duration kPatience = 500ms;

}  // namespace

int Run::onlyBackend(const lb::config::Service& settings) const {
  if (settings.hosts.size() != 1) return -1;
  const int who = check::backendOf(scenario_, settings.hosts.front());
  return who < 0 || scenario_.backends[static_cast<std::size_t>(who)].be ? -1 : who;
}

void Run::limits() {
  if (scenario_.calm_only || !config_.routes.empty() || !hasRoom() || !waysAreShort()) return;
  for (std::size_t service = 0; service < config_.services.size(); ++service) {
    if (!ledger_.failed()) adaptiveIsBounded(service);
    if (!ledger_.failed()) leaversAreForgotten(service);
  }
}

// Each request more than the limit meets the check of what is on a backend (check/traffic_watch.h), or is refused.
void Run::adaptiveIsBounded(std::size_t service) {
  lb::config::Service& settings = config_.services[service];
  const lb::config::AdaptiveLimit limit = planned(settings).limits.adaptive;
  if (!limit.enabled || !waitsFor(settings, kLong) || onlyBackend(settings) < 0) return;

  const auto reload = [&](const lb::config::ServiceLimits& to) {
    settings.limits = to;
    takeOver(config_);
  };
  const lb::config::ServiceLimits before = settings.limits;
  reload(planned(settings).limits);
  pass(check::kReloadTakes + 1s);  // until nothing but these limits is in force
  const auto askForSome = [&](int count) {
    for (int i = 0; i < count && !ledger_.failed(); ++i) static_cast<void>(askFor(service, {.bytes = 100}, false));
  };
  askForSome(kMeasured);
  for (int i = 0; i < kWindows; ++i) {
    pass(lb::back::GradientLimit::kWindow + 10ms);
    askForSome(kOfAWindow);
  }
  ledger_.setTolerant(true);  // what is too much is refused
  for (std::uint32_t i = 0; i < limit.max + 2; ++i) {
    plan::Client& client = *more_.emplace_back(std::make_unique<plan::Client>());
    client.requests.push_back(plainRequest("GET", service));
    client.requests.back().answer = {.bytes = 100, .delay = kLong};
    client.requests.back().close = true;
    ask(client);
  }
  expect(until([&] { return clientsDone(); }, kLong + 10s), check::Class::Liveness, "liveness.fresh",
         "requests do not come to their end");
  ledger_.setTolerant(false);
  if (ledger_.failed()) return;
  ledger_.leave(check::Mark::AdaptiveHeld);
  reload(before);
}

// One has the only place. Of those who wait for it some reset their connections, one of them with a body that nobody
// has read and one behind its end; and one only ends its side, which may mean the same.
void Run::leaversAreForgotten(std::size_t service) {
  lb::config::Service& settings = config_.services[service];
  if (onlyBackend(settings) < 0 || !waitsFor(settings, kTurn)) return;
  const lb::config::ServiceLimits before = settings.limits;
  settings.limits.max_inflight = 1;
  settings.limits.queue = {.max = 10, .timeout = 10s};
  takeOver(config_);
  pass(100ms);
  static_cast<void>(askFor(service, {.bytes = 100, .delay = kTurn}, true));
  if (ledger_.failed()) return;
  struct Row {
    const char* method;
    bool ends;
    bool resets;
  };
  const bool end_is_all = scenario_.config.abort_on_half_close;
  const std::uint64_t first = last_id_ + 1;
  constexpr std::array kRows{Row{"GET", false, true}, Row{"POST", false, true}, Row{"GET", true, true},
                             Row{"GET", true, false}};
  for (const Row& row : kRows) {
    plan::Client& client = *more_.emplace_back(std::make_unique<plan::Client>());
    if (row.resets) client.patience = kPatience;
    client.half_close = row.ends;
    client.requests.push_back(plainRequest(row.method, service));
    ledger_.setTolerant(row.resets || end_is_all);
    ask(client);
  }
  ledger_.setTolerant(false);
  expect(until([&] { return clientsDone(); }, kTurn + 10s), check::Class::Liveness, "liveness.fresh",
         "who waits for a place, or has left, does not come to an end");
  pass(1s);
  for (std::size_t i = 0; i < kRows.size(); ++i) {
    const bool sent = !ledger_.of(first + i).attempts.empty();
    const bool left = kRows[i].resets || end_is_all;
    expect(sent == !left, check::Class::Liveness, "liveness.exchanges_end",
           "request {}, whose client had {}, was {}sent out of the queue", first + i,
           kRows[i].resets ? "reset its connection" : "ended its side", sent ? "" : "not ");
  }
  if (ledger_.failed()) return;
  ledger_.leave(check::Mark::QueueLeft);
  settings.limits = before;
  takeOver(config_);
}

// Whoever has used up a slow rate has used up the burst of a quicker one, and not what the slow one still wants.
void Run::ratesAreRaised() {
  constexpr double kSlower = 1000;
  if (scenario_.calm_only || !config_.routes.empty()) return;
  for (std::size_t service = 0; service < config_.services.size() && !ledger_.failed(); ++service) {
    lb::config::RateLimit& rate = config_.services[service].rate_limit;
    const lb::config::RateLimit& wanted = planned(config_.services[service]).rate_limit;
    if (wanted.rate <= 0) continue;
    const auto reload = [&](const lb::config::RateLimit& to) {
      rate = to;
      takeOver(config_);
    };
    const lb::config::RateLimit before = rate;
    lb::config::RateLimit slow = wanted;
    slow.rate /= kSlower;
    reload(slow);
    pass(100ms);
    ledger_.setTolerant(true);
    for (std::uint32_t i = 0; i <= slow.allowance(); ++i) static_cast<void>(askFor(service, {.bytes = 100}, false));
    ledger_.setTolerant(false);
    if (ledger_.failed()) return;
    reload(wanted);
    pass(100ms + std::chrono::ceil<Duration>(std::chrono::duration<double>(1 / wanted.rate)));
    static_cast<void>(askFor(service, {.bytes = 100}, false));
    if (!ledger_.failed()) ledger_.leave(check::Mark::RateRaised);
    reload(before);
  }
}

}  // namespace sim::run
