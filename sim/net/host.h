// A machine of the simulated world: addresses, ports, listeners. What runs on it lives in a SimEnv (sim_env.h).
#pragma once

#include <set>
#include <string>
#include <vector>

#include "lb/base/address.h"
#include "sim/core/chance.h"
#include "sim/net/link.h"

namespace sim::net {

class SimListener;

class Host {
 public:
  static constexpr std::uint16_t kFirstEphemeral = 32768;
  static constexpr std::uint16_t kLastEphemeral = 60999;

  Host(std::uint64_t id, std::string name, std::vector<lb::IpAddress> addresses)
      : id_(id), name_(std::move(name)), addresses_(std::move(addresses)) {}
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;

  [[nodiscard]] std::uint64_t id() const { return id_; }
  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] lb::IpAddress address() const { return addresses_.front(); }
  [[nodiscard]] const std::vector<lb::IpAddress>& addresses() const { return addresses_; }
  [[nodiscard]] bool has(const lb::IpAddress& ip) const;  // the unspecified address and loopback included
  [[nodiscard]] HostRules& rules() { return rules_; }
  [[nodiscard]] const HostRules& rules() const { return rules_; }

  // For the other classes of sim/net. 0: none is free.
  [[nodiscard]] std::uint16_t takePort();
  void releasePort(std::uint16_t port) { used_ports_.erase(port); }
  [[nodiscard]] std::size_t portsInUse() const { return used_ports_.size(); }
  [[nodiscard]] std::uint16_t freeListenPort() const;
  void addListener(SimListener& listener) { listeners_.push_back(&listener); }
  void removeListener(SimListener& listener);
  // Who answers there; if several do, one of them by chance. Null: nobody.
  [[nodiscard]] SimListener* listenerAt(const lb::Address& at, Prng& chance) const;

 private:
  std::uint64_t id_;
  std::string name_;
  std::vector<lb::IpAddress> addresses_;
  HostRules rules_;
  std::set<std::uint16_t> used_ports_;
  std::uint16_t last_port_ = kFirstEphemeral - 1;
  std::vector<SimListener*> listeners_;  // in the order of their creation
};

[[nodiscard]] bool isLoopback(const lb::IpAddress& ip);

}  // namespace sim::net
