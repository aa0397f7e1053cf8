// See in_force.h.
#include "sim/check/in_force.h"

#include <optional>

namespace sim::check {

MonoTime takenOver(const Troubles& troubles, MonoTime since) {
  constexpr Duration kTurn = std::chrono::milliseconds(100);
  const MonoTime moves = troubles.endOf(plan::FaultKind::Pause, plan::kProxySide, since);
  return std::max(since + kReloadTakes, moves == Troubles::kForEver ? moves : moves + kTurn);
}

lb::config::Pool poolOf(const Ledger& ledger, const lb::config::Service& service, MonoTime from, MonoTime to) {
  const auto more = [](auto one, auto other) {
    return one == decltype(one){} || other == decltype(one){} ? decltype(one){} : std::max(one, other);
  };
  std::optional<lb::config::Pool> most;
  forEachInForce(ledger, service, from, to, [&](const lb::config::Service& one) {
    if (!most) most = one.pool;
    most->max_idle = std::max(most->max_idle, one.pool.max_idle);
    most->idle_timeout = std::max(most->idle_timeout, one.pool.idle_timeout);
    most->max_requests = more(most->max_requests, one.pool.max_requests);  // 0 is no limit
    most->max_age = more(most->max_age, one.pool.max_age);
  });
  return most.value_or(service.pool);
}

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
