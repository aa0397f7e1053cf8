// In the calm: an address that leaves its name and comes back is new, but for what an operator has ordered of it.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "lb/back/host_resolver.h"
#include "sim/check/affinity_check.h"
#include "sim/run/run.h"

namespace sim::run {

using check::Class;
using lb::back::Health;
using namespace std::chrono_literals;

namespace {

constexpr Duration kControlLooks = 1s;
constexpr Duration kLookupTakes = 5s;  // by every worker, nothing being wrong with names

}  // namespace

void Run::returns() {
  // The oracles know of names that lead elsewhere where a fault has them move.
  if (!std::ranges::any_of(scenario_.faults, [](const auto& one) { return one.kind == plan::FaultKind::DnsMoves; }))
    return;
  if (scenario_.backends.size() == 1) return;  // elsewhere is there
  std::vector<std::pair<std::size_t, lb::config::Host>> all;
  for (std::size_t service = 0; service < config_.services.size(); ++service) {
    for (const lb::config::Host& host : config_.services[service].hosts) {
      const int who = check::backendOf(scenario_, host);
      const auto same = [&](const auto& other) { return check::backendOf(scenario_, other) == who; };
      const bool alone = std::ranges::count_if(config_.services[service].hosts, same) == 1;
      if (alone && host.weight > 0 && !lb::IpAddress::parse(host.address)) all.emplace_back(service, host);
    }
  }
  if (all.empty()) return;
  const auto& [service, host] = all[scenario_.seed % all.size()];
  ledger_.health().setCalm(false);
  leavesItsNameAndReturns(config_.services[service], host);
  if (!ledger_.failed()) recover();
  ledger_.health().setCalm(true);
}

void Run::leavesItsNameAndReturns(const lb::config::Service& service, const lb::config::Host& host) {
  const auto who = static_cast<std::uint32_t>(check::backendOf(scenario_, host));
  const Duration patience = std::max(scenario_.network.name_ttl, lb::back::HostResolver::kRefreshMin) + kLookupTakes;
  lb::Control& control = stage_->proxy().control();
  const lb::Address address{*lb::IpAddress::parse(plan::backendIp(who)), plan::kBackendPort};
  const auto serving = [&] {
    auto all = control.registry().backends();
    std::erase_if(all, [&](const auto& one) { return one->service != service.name || one->members.load() == 0; });
    return all;
  };
  const auto find = [&]() -> std::shared_ptr<lb::back::SharedBackend> {
    for (const auto& one : serving()) {
      if (one->address == address) return one;
    }
    return nullptr;
  };
  lb::admin::BackendOrder order{.kind = lb::admin::BackendOrder::Kind::Weight,
                                .service = service.name,
                                .backend = address.toString(),
                                .weight = host.weight + 1};
  if (control.order(order) == 0) return;  // its name has not been looked up yet

  stage_->moveName(who, true);
  expect(until([&] { return find() == nullptr; }, patience), Class::Liveness, "liveness.removed_host",
         "{} leads elsewhere, and {} still serves {}", host.address, address.toString(), service.name);
  pass(kControlLooks);
  const std::size_t left = serving().size();
  const std::size_t healthy = control.registry().service(service.name)->healthy.load();
  expect(healthy <= left, Class::Safety, "safety.metrics", "{} backends of {} are healthy, and {} serve it", healthy,
         service.name, left);

  stage_->moveName(who, false);
  expect(until([&] { return find() != nullptr; }, patience), Class::Liveness, "liveness.health",
         "{} leads to {} again, which does not serve {}", host.address, address.toString(), service.name);
  if (ledger_.failed()) return;
  const auto back = find();
  const Duration since(back->since.load());
  expect(since == world_.now().since_start, Class::Safety, "safety.slow_start",
         "{} has come back to {} after its name had led elsewhere, and its slow start began {} ms ago",
         address.toString(), service.name, (world_.now().since_start - since) / 1ms);
  const lb::config::HealthCheck& check = service.health_check;
  const bool down_at_first = check.enabled && check.initial == lb::config::InitialHealth::Down;
  expect(!down_at_first || !back->health.read().usable(true), Class::Safety, "safety.initial",
         "{} has come back to {}, and is used before a check of it has passed", address.toString(), service.name);
  pass(kControlLooks);
  expect(back->set_weight.load() == *order.weight, Class::Safety, "safety.control_plane",
         "{} has come back to {} without the weight that was ordered", address.toString(), service.name);
  ledger_.leave(check::Mark::BackIsNew);
  order.weight.reset();
  static_cast<void>(control.order(order));
  pass(patience);  // until every worker has looked
}

}  // namespace sim::run
