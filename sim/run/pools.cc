// In the calm: a reload that allows pools less closes what is too much, and what has been idle for too long by then.
#include "sim/run/run.h"

namespace sim::run {

using check::Class;
using namespace std::chrono_literals;

namespace {

constexpr int kAtOnce = 6;
constexpr Duration kAnswer = 100ms;  // so long that all of them are under way together
constexpr Duration kReload = 100ms;  // until every worker has it
constexpr Duration kIdle = 1s;

}  // namespace

void Run::pools() {
  // What one turn closes is still held in it, which is allowed for where there are other reloads.
  if (!scenario_.has("reload_pools") || scenario_.reloads.empty()) return;
  if (!config_.routes.empty() || !waysAreShort() || !hasRoom()) return;
  for (std::size_t service = 0; service < config_.services.size(); ++service) {
    if (!ledger_.failed() && waitsFor(config_.services[service], kAnswer)) poolsAllowLess(service);
  }
}

void Run::poolsAllowLess(std::size_t service) {
  lb::config::Service& settings = config_.services[service];
  const lb::config::Pool before = settings.pool;
  const auto change = [&](const lb::config::Pool& pool) {
    settings.pool = pool;
    takeOver(config_);
    pass(kReload);
  };
  change({.max_idle = kAtOnce, .idle_timeout = 1h});
  for (int i = 0; i < kAtOnce && !ledger_.failed(); ++i) askFor(service, {.bytes = 100, .delay = kAnswer}, true);
  pass(2 * kAnswer);
  if (stage_->proxy().gauges().idle_most[service] > 1) ledger_.leave(check::Mark::PoolTooLarge);
  change({.max_idle = 1, .idle_timeout = 1h});
  const std::uint64_t most = stage_->proxy().gauges().idle_most[service];
  expect(most <= 1, Class::Safety, "safety.pool", "{} idle connections to a backend of {}, of which a reload keeps 1",
         most, settings.name);
  change({.max_idle = 1, .idle_timeout = kIdle});
  pass(kIdle);
  const std::uint64_t late = stage_->proxy().gauges().idle_most[service];
  expect(late == 0, Class::Safety, "safety.pool",
         "{} idle connections to a backend of {} after the idle time of a reload", late, settings.name);
  change(before);
}

}  // namespace sim::run
