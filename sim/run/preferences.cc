// In the calm: the policies that go by load and latency, where what they have to do is certain.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "sim/check/affinity_check.h"
#include "sim/run/run.h"

namespace sim::run {

using check::Class;
using lb::config::Balance;
using namespace std::chrono_literals;

namespace {

constexpr int kOthers = 4;
constexpr Duration kShortWay = 20ms;

// Backends that may be picked now.
std::size_t sharing(const plan::Scenario& scenario, const lb::config::Service& service) {
  std::vector<int> backends;
  for (const lb::config::Host& host : service.hosts) {
    if (host.weight > 0 && !host.backup) backends.push_back(check::backendOf(scenario, host));
  }
  std::ranges::sort(backends);
  const auto repeated = std::ranges::unique(backends);
  return backends.size() - repeated.size();
}

}  // namespace

bool Run::waitsFor(const lb::config::Service& service, Duration answer) {
  const Duration least = std::min(service.timeouts.response_header, service.timeouts.response_idle);
  const auto enough = [&](Duration limit) { return limit == 0s || limit > answer + 1s; };  // 0: there is none
  return least > answer + 1s && enough(service.retry.per_try_timeout) && enough(service.timeouts.total);
}

// Asks for that, and waits for its end unless it is `held`. Its number.
std::uint64_t Run::askFor(std::size_t service, const plan::Answer& answer, bool held, Duration patience) {
  plan::Request request = plainRequest("GET", service);
  request.answer = answer;
  return askWith(std::move(request), held, patience);
}

std::uint64_t Run::askWith(plan::Request request, bool held, Duration patience) {
  const std::uint64_t id = request.id;
  plan::Client& client = *more_.emplace_back(std::make_unique<plan::Client>());
  client.patience = patience;
  client.requests.push_back(std::move(request));
  client.requests.back().close = true;
  ask(client);
  const bool done =
      until([&] { return held ? !ledger_.of(id).attempts.empty() : clients_.back()->done(); }, kLong + 10s);
  expect(done, Class::Liveness, "liveness.fresh", "a request gets to no backend, or does not come to its end");
  return id;
}

void Run::othersGoElsewhere(std::size_t service, std::uint64_t than, const char* why) {
  for (int i = 0; i < kOthers && !ledger_.failed(); ++i) {
    const std::uint64_t other = askFor(service, {.bytes = 100}, false);
    if (ledger_.failed()) return;
    expect(answererOf(other) != answererOf(than), Class::Safety, "safety.preference",
           "request {} went to b{}, {}, although there was another one", other, answererOf(than), why);
  }
}

void Run::preferences() {
  // There may be room for one connection only, or no time for a long answer.
  for (std::size_t service = 0; service < config_.services.size(); ++service) {
    if (!ledger_.failed()) newcomerIsSpared(service);
  }
  if (scenario_.config.limits.max_connections < 1000 || plan::farthest(scenario_) > kShortWay) return;
  const bool storm_was_quick = plan::longestWay(scenario_) <= kShortWay;  // whose latencies are remembered
  for (std::size_t service = 0; service < config_.services.size(); ++service) {
    const lb::config::Service& settings = config_.services[service];
    const std::size_t choices = sharing(scenario_, settings);
    const bool sees_all = settings.balance == Balance::LeastRequest || choices == 2;
    if (ledger_.failed() || !waitsFor(settings, kLong) || choices < 2 || !sees_all) continue;
    if (check::someAreSlowForGood(scenario_, settings)) continue;  // and out, so that there is no choice
    switch (settings.balance) {
      case Balance::LeastRequest:
      case Balance::P2c: busyIsAvoided(service); break;
      case Balance::PeakEwma:
        if (storm_was_quick) slowIsAvoided(service);
        break;
      case Balance::Random:
      case Balance::RoundRobin:
      case Balance::Hash: break;
    }
  }
}

// Of two hosts one goes and comes back: as one that is new, it gets a tenth of the other's share to begin with.
void Run::newcomerIsSpared(std::size_t service) {
  constexpr std::size_t kRequests = 40;
  constexpr int kMost = 16;  // of a share of 1/11 once in 10^8 cases; half of the requests are 20
  const lb::config::Service& settings = config_.services[service];
  const auto plain = [](const lb::config::Host& host) {
    return host.weight == 1 && !host.backup && lb::IpAddress::parse(host.address);
  };
  const bool by_weight = settings.balance != Balance::Hash && settings.balance != Balance::PeakEwma;
  const bool slow = settings.slow_start.window >= 20s && settings.slow_start.min_weight_percent <= 10;
  // A reload takes numbers away, which the books allow for where there are others. The window must not get on
  // meanwhile.
  if (scenario_.reloads.empty() || plan::farthest(scenario_) > 2ms || !by_weight || !slow) return;
  if (settings.health_check.enabled) return;  // who is checked comes back when a check has passed
  if (settings.hosts.size() != 2 || !std::ranges::all_of(settings.hosts, plain)) return;
  const lb::config::Config whole = config_;
  const int newcomer = check::backendOf(scenario_, settings.hosts.back());
  config_.services[service].hosts.pop_back();
  for (const lb::config::Config& next : {config_, whole}) {
    takeOver(next);
    pass(100ms);
  }
  config_ = whole;
  const std::uint64_t first = last_id_ + 1;
  if (!askInTurn(service, std::vector<std::string>(kRequests))) return;
  int got = 0;
  for (std::uint64_t id = first; id <= last_id_; ++id) got += answererOf(id) == newcomer ? 1 : 0;
  expect(got <= kMost, Class::Safety, "safety.slow_start", "b{} got {} of {} requests of {} just when it had come",
         newcomer, got, kRequests, settings.name);
  ledger_.leave(check::Mark::NewcomerSpared);
}

// Whichever worker looks: the load is that of all.
void Run::busyIsAvoided(std::size_t service) {
  const std::uint64_t busy = askFor(service, {.bytes = 100, .delay = kLong}, true);
  if (!ledger_.failed()) othersGoElsewhere(service, busy, "which was busy");
  if (ledger_.failed()) return;
  until([&] { return ledger_.of(busy).complete; }, kLong + 10s);
  ledger_.leave(check::Mark::BusyAvoided);
}

// One that has been slow, and one that has failed, which counts as slow; a reload in between takes nobody away.
void Run::slowIsAvoided(std::size_t service) {
  pass(60s);  // an hour that a request waited in the storm may still be seconds
  // So that both are known again, and who has closed a pooled connection just as it was used is no worse for it.
  for (int i = 0; i < kOthers && !ledger_.failed(); ++i) static_cast<void>(askFor(service, {.bytes = 100}, false));
  if (ledger_.failed()) return;
  const std::uint64_t slow = askFor(service, {.bytes = 100, .delay = kLong}, false);
  stage_->proxy().reload(config_);
  if (!ledger_.failed()) othersGoElsewhere(service, slow, "which was slow");
  if (ledger_.failed()) return;
  const std::uint16_t status = scenario_.seed % 2 == 0 ? 500 : 429;
  const auto& statuses = config_.services[service].retry.on.statuses;
  if (std::ranges::find(statuses, status) != statuses.end()) return;  // then another one has failed as well
  pass(70s);                                                          // until all that is forgotten
  const std::uint64_t failed = askFor(service, {.status = status, .bytes = 100}, false);
  if (!ledger_.failed()) othersGoElsewhere(service, failed, "which had failed");
  if (!ledger_.failed()) ledger_.leave(check::Mark::SlowAvoided);
}

}  // namespace sim::run
