// See crowd.h.
#include "sim/rehearse/crowd.h"

#include <algorithm>

#include "lb/base/check.h"

namespace sim::rehearse {

Crowd::Crowd(net::SimLoop& loop, net::Fabric& fabric, const std::vector<net::Host*>& machines) {
  LB_CHECK(!machines.empty());
  for (net::Host* host : machines) machines_.push_back({host, net::SimNetwork(loop, fabric, *host)});
}

lb::Result<std::unique_ptr<lb::Listener>> Crowd::listen(const lb::Address& at, lb::AcceptEvents& events) {
  return machines_.front().network.listen(at, events);
}

std::unique_ptr<lb::Stream> Crowd::connect(const lb::Address& to) {
  const auto spare = std::ranges::find_if(
      machines_, [](const Machine& one) { return one.host->portsInUse() < one.host->rules().ports; });
  return (spare == machines_.end() ? machines_.front() : *spare).network.connect(to);
}

}  // namespace sim::rehearse
