// See host.h.
#include "sim/net/host.h"

#include <algorithm>

#include "lb/base/check.h"
#include "sim/net/sim_listener.h"

namespace sim::net {

bool isLoopback(const lb::IpAddress& ip) {
  if (ip.isV4()) return ip.bytes()[12] == 127;
  std::array<std::uint8_t, 16> one{};
  one.back() = 1;
  return ip.bytes() == one;
}

bool Host::has(const lb::IpAddress& ip) const {
  return ip == lb::IpAddress{} || isLoopback(ip) || std::ranges::find(addresses_, ip) != addresses_.end();
}

std::uint16_t Host::takePort() {
  constexpr std::size_t kPorts = kLastEphemeral - kFirstEphemeral + 1;
  if (used_ports_.size() >= kPorts) return 0;
  do {
    last_port_ = last_port_ == kLastEphemeral ? kFirstEphemeral : static_cast<std::uint16_t>(last_port_ + 1);
  } while (used_ports_.contains(last_port_));
  used_ports_.insert(last_port_);
  return last_port_;
}

std::uint16_t Host::freeListenPort() const {
  std::uint16_t port = kFirstEphemeral - 1;
  const auto taken = [&](const SimListener* listener) { return listener->local().port == port; };
  while (std::ranges::any_of(listeners_, taken)) --port;
  LB_CHECK(port > 0);
  return port;
}

void Host::removeListener(SimListener& listener) {
  std::erase(listeners_, &listener);
}

SimListener* Host::listenerAt(const lb::Address& at, Prng& chance) const {
  std::vector<SimListener*> found;
  for (SimListener* listener : listeners_) {
    const lb::Address& local = listener->local();
    if (local.port == at.port && (local.ip == at.ip || local.ip == lb::IpAddress{})) found.push_back(listener);
  }
  if (found.empty()) return nullptr;
  return found.size() == 1 ? found.front() : found[chance.below(found.size())];
}

}  // namespace sim::net
