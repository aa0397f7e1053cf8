// In the calm: hosts that a reload takes away serve until the names that it brings have been looked up.
#include "sim/run/run.h"

namespace sim::run {

using namespace std::chrono_literals;

namespace {

constexpr Duration kTtlMax = 5s;  // of their own names; the others are asked for 30 s
constexpr Duration kLookups = 2s;

}  // namespace

// The new names are never answered, and the old ones get too old meanwhile. For the oracles, and so for everybody who
// asks, nothing happens.
void Run::renames() {
  // Reloads take numbers away, which the books allow for where there are others.
  if (!scenario_.has("renames") || scenario_.reloads.empty()) return;
  if (!config_.routes.empty() || scenario_.network.name_ttl > kTtlMax) return;
  lb::config::Config next = config_;
  for (lb::config::Service& service : next.services) {
    for (std::size_t i = 0; i < service.hosts.size(); ++i) {
      service.hosts[i].address = fmt::format("{}-{}.silent.test", service.name, i);
      stage_->silence(service.hosts[i].address);
    }
  }
  ledger_.trace("all hosts get names that nobody knows");
  stage_->proxy().reload(next);
  pass(scenario_.network.name_ttl + 1s);
  for (std::size_t service = 0; service < config_.services.size() && !ledger_.failed(); ++service)
    askWith(plainRequest("GET", service), false);
  if (ledger_.failed()) return;
  ledger_.leave(check::Mark::OldHostsServe);
  stage_->proxy().reload(config_);
  pass(kLookups);
}

}  // namespace sim::run
