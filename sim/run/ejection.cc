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

// Whoever is picked by key, or by what was seen of him, need not be asked again.
bool asksEverybody(lb::config::Balance balance) {
  return balance != lb::config::Balance::Hash && balance != lb::config::Balance::PeakEwma;
}

}  // namespace

void Run::ejections() {
  // Where nothing goes wrong nothing is to.
  if (scenario_.calm_only || !config_.routes.empty()) return;
  if (!waysAreShort()) return;
  for (std::size_t service = 0; service < config_.services.size(); ++service) {
    if (!ledger_.failed()) sickIsEjected(service);
  }
}

void Run::sickIsEjected(std::size_t service) {
  const lb::config::Service& settings = config_.services[service];
  const lb::config::Outlier& rules = settings.outlier;
  if (!rules.enabled || rules.consecutive_failures == 0 || rules.max_ejection_percent == 0) return;
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

  ledger_.setTolerant(true);
  stage_->makeSick(who, true);
  const auto ejected = [&] { return ledger_.health().isEjected(settings.name, who); };
  for (int i = 0; i < kRequestsMax && !ejected() && !ledger_.failed(); ++i)
    static_cast<void>(askFor(service, {.bytes = 100}, false));
  expect(ejected(), Class::Liveness, "liveness.ejection", "b{} of {} fails whoever asks it and is not ejected", who,
         settings.name);
  stage_->makeSick(who, false);
  ledger_.setTolerant(false);
  if (ledger_.failed()) return;
  ledger_.leave(check::Mark::SickEjected);
  ledger_.health().setCalm(false);  // what has failed until now may count for a while
  recover();
  ledger_.health().setCalm(true);
}

}  // namespace sim::run
