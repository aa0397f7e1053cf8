// What configurations said of a service in some time.
#pragma once

#include <algorithm>

#include "sim/check/ledger.h"

namespace sim::check {

constexpr Duration kReloadTakes = std::chrono::seconds(2);  // where no worker stands still for longer

// When every worker has the configuration that came then: one that stands still has it when it goes on.
[[nodiscard]] MonoTime takenOver(const Troubles& troubles, MonoTime since);

// Calls each(service) with what every configuration has of it that was in force in that time, or had been just before.
template <class Each>
void forEachInForce(const Ledger& ledger, const lb::config::Service& service, MonoTime from, MonoTime to, Each each) {
  const auto& all = ledger.configurations();
  for (std::size_t i = 0; i < all.size(); ++i) {
    const bool over = i + 1 < all.size() && takenOver(ledger.troubles(), all[i + 1].since) < from;
    if (over || all[i].since > to) continue;
    const auto known = std::ranges::find(all[i].config.services, service.name, &lb::config::Service::name);
    if (known != all[i].config.services.end()) each(*known);
  }
}

// The most that the service allowed of a pooled connection in that time.
[[nodiscard]] lb::config::Pool poolOf(const Ledger& ledger, const lb::config::Service& service, MonoTime from,
                                      MonoTime to);

// May this backend have got a request of the service that was under way in that time?
[[nodiscard]] bool mayServe(const Ledger& ledger, const lb::config::Service& service, std::uint32_t backend,
                            MonoTime from, MonoTime to);

}  // namespace sim::check
