// A machine of the simulated world: addresses, ports, listeners, and the loops of its processes. A process lives in a
// SimEnv (sim_env.h). How a machine is switched off and on is in fabric.h.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "lb/base/address.h"
#include "sim/core/chance.h"
#include "sim/net/link.h"

namespace sim::net {

class SimListener;
class SimLoop;

using lb::Duration;
using lb::MonoTime;

class Host {
 public:
  static constexpr std::uint16_t kFirstEphemeral = HostRules{}.first_port;
  static constexpr Duration kTimeWaitOnLoopback = std::chrono::seconds(1);  // at most; Linux: tcp_tw_reuse

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

  // Every process stands still, as after SIGSTOP; the system goes on: it acknowledges, buffers and queues.
  void pause();
  void resume();
  [[nodiscard]] bool isUp() const { return up_; }
  [[nodiscard]] std::size_t portsInUse() const { return ports_in_use_; }  // those that only wait not counted

  // For the other classes of sim/net. A port belongs to a connection together with where it leads to. 0: none is free.
  [[nodiscard]] std::uint16_t takePort(const lb::Address& remote, MonoTime now);
  void releasePort(std::uint16_t port, const lb::Address& remote);
  void releasePortAt(std::uint16_t port, const lb::Address& remote, MonoTime time);
  void addLoop(SimLoop& loop);
  void removeLoop(SimLoop& loop) { std::erase(loops_, &loop); }
  void switchOff();  // its processes never run again
  void switchOn() { up_ = true; }
  [[nodiscard]] std::uint16_t freeListenPort() const;
  void addListener(SimListener& listener) { listeners_.push_back(&listener); }
  void removeListener(SimListener& listener);
  [[nodiscard]] std::size_t waitingToBeAccepted() const;  // connections, at all listeners
  [[nodiscard]] bool listensOn(std::uint16_t port) const;
  // Who answers there: whoever listens on that very address comes before those who listen on all of them, as in a
  // kernel; of several, one by chance. Null: nobody.
  [[nodiscard]] SimListener* listenerAt(const lb::Address& at, Prng& chance) const;

 private:
  std::uint64_t id_;
  std::string name_;
  std::vector<lb::IpAddress> addresses_;
  HostRules rules_;
  static constexpr MonoTime kHeld{Duration::max()};
  std::map<std::pair<lb::Address, std::uint16_t>, MonoTime> ports_;  // until when they may not be used
  std::size_t ports_in_use_ = 0;
  std::uint16_t last_port_ = kFirstEphemeral - 1;
  std::vector<SimLoop*> loops_;
  bool up_ = true;
  bool paused_ = false;
  std::vector<SimListener*> listeners_;  // in the order of their creation
};

[[nodiscard]] bool isLoopback(const lb::IpAddress& ip);

}  // namespace sim::net
