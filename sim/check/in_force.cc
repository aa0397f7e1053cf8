// See in_force.h.
#include "sim/check/in_force.h"

#include <algorithm>

namespace sim::check {
namespace {

using plan::FaultKind;
using namespace std::chrono_literals;

constexpr Duration kReloadTakes = 2s;  // a worker may be paused meanwhile

// Calls each(service) with what every configuration has of it that was in force in that time, or had been just before.
template <class Each>
void forEachInForce(const Ledger& ledger, const lb::config::Service& service, MonoTime from, MonoTime to, Each each) {
  const auto& all = ledger.configurations();
  for (std::size_t i = 0; i < all.size(); ++i) {
    const bool over = i + 1 < all.size() && all[i + 1].since + kReloadTakes < from;
    if (over || all[i].since > to) continue;
    const auto known = std::ranges::find(all[i].config.services, service.name, &lb::config::Service::name);
    if (known != all[i].config.services.end()) each(*known);
  }
}

}  // namespace

Duration leastHeaderTime(const Ledger& ledger, const lb::config::Service& service, MonoTime from, MonoTime to) {
  Duration least = service.timeouts.response_header;
  forEachInForce(ledger, service, from, to,
                 [&](const auto& one) { least = std::min(least, one.timeouts.response_header); });
  return least;
}

Duration longestHeaderTime(const Ledger& ledger, const lb::config::Service& service, MonoTime from, MonoTime to) {
  Duration longest{};
  forEachInForce(ledger, service, from, to,
                 [&](const auto& one) { longest = std::max(longest, one.timeouts.response_header); });
  return longest;
}

bool mayServe(const Ledger& ledger, const lb::config::Service& service, std::uint32_t backend, MonoTime from,
              MonoTime to) {
  const std::size_t count = ledger.scenario().backends.size();
  bool serves = false;
  forEachInForce(ledger, service, from, to, [&](const lb::config::Service& one) {
    serves = serves || std::ranges::any_of(one.hosts, [&](const lb::config::Host& host) {
               if (host.address == plan::backendIp(backend) || host.address == plan::backendName(backend)) return true;
               const auto before = static_cast<std::uint32_t>((backend + count - 1) % count);
               return host.address == plan::backendName(before) && ledger.troubles().ever(FaultKind::DnsMoves);
             });
  });
  return serves;
}

}  // namespace sim::check
