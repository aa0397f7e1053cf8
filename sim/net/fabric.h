// The network between the hosts: who has which address, how the ways behave, what names mean.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "lb/base/address.h"
#include "lb/env/resolver.h"
#include "sim/core/world.h"
#include "sim/net/host.h"
#include "sim/net/link.h"

namespace sim::net {

class Connection;

// What the name service says to a question, and how long it thinks.
struct NameRule {
  std::vector<lb::IpAddress> addresses;  // empty: the name exists without addresses
  Duration ttl = std::chrono::seconds(30);
  Duration delay = std::chrono::milliseconds(1);
  bool fails = false;
  bool silent = false;  // never answers
};

class Fabric {
 public:
  explicit Fabric(World& world);
  Fabric(const Fabric&) = delete;
  Fabric& operator=(const Fabric&) = delete;
  ~Fabric();

  Host& addHost(std::string name, const std::string& address);  // REQUIRES: nobody has the address
  [[nodiscard]] Host* hostAt(const lb::IpAddress& ip) const;    // null: nobody has it

  // Of the way from one host to another; takes effect at once, also for what is on its way.
  void setRules(const Host& from, const Host& to, const LinkRules& rules);
  void setRulesBothWays(const Host& a, const Host& b, const LinkRules& rules);
  [[nodiscard]] LinkRules rules(const Host& from, const Host& to) { return link(from, to).rules; }
  void setDefaultRules(const LinkRules& rules) { default_rules_ = rules; }  // of ways nobody has used or set yet

  // Adds to the latency of this way whatever its rules are: a pair of hosts that is slow for good.
  void setSlowness(const Host& from, const Host& to, Duration more) { link(from, to).slowness = more; }

  // The power goes: processes end, listeners and connections are gone, and nobody is told. What arrives meanwhile is
  // lost or repeated; when the host is up again it answers with resets to what it does not know. What ran there may be
  // destroyed at any time; a new SimEnv is a new process. REQUIRES: not called from a callback on that host.
  void kill(Host& host);
  void restart(Host& host);

  // Each may have left a connection that only one side knows of, until that side sends something or loses patience.
  [[nodiscard]] std::uint64_t resetsLost() const { return resets_lost_; }
  void noteLostReset() { ++resets_lost_; }

  void setName(const std::string& name, NameRule rule) { names_[name] = std::move(rule); }
  void removeName(const std::string& name) { names_.erase(name); }
  [[nodiscard]] const NameRule* findName(const std::string& name) const;

  [[nodiscard]] World& world() const { return world_; }
  [[nodiscard]] Prng& chance() { return chance_; }
  [[nodiscard]] Link& link(const Host& from, const Host& to);

  [[nodiscard]] const std::vector<std::unique_ptr<Connection>>& connections() const { return connections_; }

  // For the other classes of sim/net. A connection asks for its own removal when nobody is left who knows it.
  Connection& addConnection(Host& from, Host& to, const lb::Address& local, const lb::Address& remote);
  void removeConnection(Connection& connection);

 private:
  static void letThrough(Link& link);

  World& world_;
  Prng chance_;
  LinkRules default_rules_;
  std::vector<std::unique_ptr<Host>> hosts_;
  std::map<lb::IpAddress, Host*> addresses_;
  std::map<std::pair<std::uint64_t, std::uint64_t>, std::unique_ptr<Link>> links_;  // by the hosts' ids
  std::map<std::string, NameRule> names_;
  std::uint64_t resets_lost_ = 0;
  std::vector<std::unique_ptr<Connection>> connections_;  // last: their wires know the links
};

}  // namespace sim::net
