// See in_force.h.
#include "sim/check/in_force.h"

namespace sim::check {

bool mayServe(const Ledger& ledger, const lb::config::Service& service, std::uint32_t backend, MonoTime from,
              MonoTime to) {
  const std::size_t count = ledger.scenario().backends.size();
  bool serves = false;
  forEachInForce(ledger, service, from, to, [&](const lb::config::Service& one) {
    serves = serves || std::ranges::any_of(one.hosts, [&](const lb::config::Host& host) {
               if (host.address == plan::backendIp(backend) || host.address == plan::backendName(backend)) return true;
               const auto before = static_cast<std::uint32_t>((backend + count - 1) % count);
               return host.address == plan::backendName(before) && ledger.troubles().ever(plan::FaultKind::DnsMoves);
             });
  });
  return serves;
}

}  // namespace sim::check
