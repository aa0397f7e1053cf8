// In the calm: a backend that fails everybody is found by those whom it fails, and comes back when it is well.
#include <fmt/format.h>

#include <algorithm>

#include "sim/check/affinity_check.h"
#include "sim/run/run.h"

namespace sim::run {

using check::Class;
using namespace std::chrono_literals;

namespace {

constexpr int kRequestsMax = 150;  // the fewest shares and the longest rows that are drawn need fewer but once in 10^9
constexpr Duration kNear = 1ms;    // more than an answer takes in the calm of those who are not far
constexpr int kRoundsMax = 100;    // of as many requests as the judgement needs: two windows and more
constexpr int kWouldBeNext = 20;   // enough for one of them to be sent wherever there is a place

// Whoever is picked by key, or by what was seen of him, need not be asked again.
bool asksEverybody(lb::config::Balance balance) {
  return balance != lb::config::Balance::Hash && balance != lb::config::Balance::PeakEwma;
}

}  // namespace

void Run::ejections() {
  // Where nothing goes wrong nothing is to.
  if (scenario_.calm_only || !config_.routes.empty()) return;
  for (std::size_t service = 0; service < config_.services.size(); ++service) {
    if (!ledger_.failed() && waysAreShort()) sickIsEjected(service);
    if (!ledger_.failed()) farIsEjected(service);
  }
}

void Run::sickIsEjected(std::size_t service) {
  const lb::config::Service& settings = config_.services[service];
  const lb::config::Outlier& rules = settings.outlier;
  const bool by_share = rules.consecutive_failures == 0;
  if (!rules.enabled || (by_share && rules.success_percent == 0) || rules.max_ejection_percent == 0) return;
  if (rules.latency_factor > 0) return;  // another one may be out for being slower
  if (!asksEverybody(settings.balance) || settings.hosts.size() < 2) return;
  const auto plain = [](const lb::config::Host& host) {
    return host.weight > 0 && !host.backup && lb::IpAddress::parse(host.address);
  };
  if (!std::ranges::all_of(settings.hosts, plain)) return;
  const auto most = std::ranges::max_element(settings.hosts, {}, &lb::config::Host::weight);
  const auto who = static_cast<std::uint32_t>(check::backendOf(scenario_, *most));
  const auto same = [&](const auto& host) { return check::backendOf(scenario_, host) == static_cast<int>(who); };
  if (scenario_.backends[who].be || std::ranges::count_if(settings.hosts, same) > 1) return;

  if (by_share) pass(rules.window + 1s);  // what went well before counts, too
  ledger_.setTolerant(true);
  stage_->makeSick(who, true);
  const MonoTime begin = world_.now();
  const auto ejected = [&] {  // for its share, perhaps for a moment only
    const check::HealthWatch& health = ledger_.health();
    return by_share ? health.wasOut(settings.name, who, begin) : health.isEjected(settings.name, who);
  };
  for (int i = 0; i < kRequestsMax && !ejected() && !ledger_.failed(); ++i)
    static_cast<void>(askFor(service, {.bytes = 100}, false));
  if (by_share) pass(rules.window / 4);  // until a judgement
  expect(ejected(), Class::Liveness, "liveness.ejection", "b{} of {} fails whoever asks it and is not ejected", who,
         settings.name);
  stage_->makeSick(who, false);
  ledger_.setTolerant(false);
  if (ledger_.failed()) return;
  ledger_.leave(by_share ? check::Mark::ShareEjected : check::Mark::SickEjected);
  ledger_.health().setCalm(false);  // what has failed until now may count for a while
  if (!by_share) probationIsOne(service, who);
  recover();
  ledger_.health().setCalm(true);
}

// One of several is so far away for good that it has to be found too slow, over and over.
void Run::farIsEjected(std::size_t service) {
  const lb::config::Service& settings = config_.services[service];
  const lb::config::Outlier& rules = settings.outlier;
  if (!rules.enabled || rules.latency_factor == 0 || rules.max_ejection_percent == 0) return;
  if (!asksEverybody(settings.balance) || settings.hosts.size() < 2) return;
  const auto isBe = [&](const lb::config::Host& host) {
    return scenario_.backends[static_cast<std::size_t>(check::backendOf(scenario_, host))].be;
  };
  if (!check::areAlike(scenario_, settings.hosts) || std::ranges::any_of(settings.hosts, isBe)) return;
  const auto farnessOf = [&](const lb::config::Host& host) {
    return plan::farness(scenario_, check::backendOf(scenario_, host));
  };
  const auto farthest = std::ranges::max_element(settings.hosts, {}, farnessOf);
  const auto who = static_cast<std::uint32_t>(check::backendOf(scenario_, *farthest));
  const Duration more = farnessOf(*farthest);  // of one backend at most; the others are near
  const auto needed = static_cast<Duration::rep>(rules.min_requests);
  if (more < kNear * static_cast<Duration::rep>(rules.latency_factor) || rules.window < 8 * more * needed) return;
  const MonoTime begin = world_.now();
  const auto ejected = [&] { return ledger_.health().wasOut(settings.name, who, begin); };  // perhaps for a moment only
  for (int round = 0; round < kRoundsMax && !ejected() && !ledger_.failed(); ++round) {
    const std::vector<std::string> row(settings.hosts.size() * rules.min_requests);
    if (!askInTurn(service, row)) return;
    pass(rules.window / 50);
  }
  expect(ejected(), Class::Liveness, "liveness.ejection", "b{} of {} takes {} ms more than others and is not ejected",
         who, settings.name, more / 1ms);
  if (!ledger_.failed()) ledger_.leave(check::Mark::FarEjected);
}

// One on probation hangs until another is let go, and is given up by its client while that one hangs. Several ask then,
// one of whom would get the place that is not free: check/health_watch.h judges that.
void Run::probationIsOne(std::size_t service, std::uint32_t who) {
  const lb::config::Service& settings = config_.services[service];
  const Duration time = settings.outlier.base_ejection;  // of a request on probation: once or twice that
  const Duration hangs = 6 * time;
  if (ledger_.failed() || time > 1s || !waitsFor(settings, hangs)) return;
  if (!hasRoom() || settings.panic_threshold > 50) return;  // in a panic all are asked
  const lb::config::ServiceLimits& limits = planned(settings).limits;
  if (limits.max_inflight > 0 || limits.adaptive.enabled) return;
  const auto on_probation = [&] { return !ledger_.health().isEjected(settings.name, who); };
  expect(until(on_probation, settings.outlier.max_ejection * 2), Class::Liveness, "liveness.health",
         "the ejection of b{} of {} does not end", who, settings.name);
  const MonoTime begin = world_.now();
  const auto hangThere = [&](Duration patience) {
    for (int i = 0; i < kRequestsMax && !ledger_.failed(); ++i) {
      const std::uint64_t id = askFor(service, {.bytes = 100, .delay = hangs}, true, patience);
      if (answererOf(id) == static_cast<int>(who)) return true;
    }
    return false;
  };
  const auto passUntil = [&](MonoTime moment) { pass(std::max(moment - world_.now(), Duration::zero())); };
  bool hang = hangThere(5 * time / 2);
  passUntil(begin + 2 * time + 10ms);
  hang = hang && hangThere(2 * hangs);
  passUntil(begin + 5 * time / 2 + 20ms);
  if (hang && world_.now() < begin + 29 * time / 10) {
    for (int i = 0; i < kWouldBeNext && !ledger_.failed(); ++i)
      static_cast<void>(askFor(service, {.bytes = 100}, false));
    if (!ledger_.failed()) ledger_.leave(check::Mark::ProbationAlone);
  }
  until([&] { return clientsDone(); }, 2 * hangs);
}

}  // namespace sim::run
