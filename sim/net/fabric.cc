// See fabric.h.
#include "sim/net/fabric.h"

#include "lb/base/check.h"
#include "sim/net/connection.h"

namespace sim::net {

Fabric::Fabric(World& world) : world_(world), chance_(world.chance().stream("net")) {}

Fabric::~Fabric() = default;

Connection& Fabric::addConnection(Host& from, Host& to, const lb::Address& local, const lb::Address& remote) {
  connections_.push_back(std::make_unique<Connection>(*this, from, to, local, remote));
  connections_.back()->setPlace(connections_.size() - 1);
  return *connections_.back();
}

void Fabric::removeConnection(Connection& connection) {
  const std::size_t place = connection.place();
  LB_CHECK(connections_[place].get() == &connection);
  std::swap(connections_[place], connections_.back());
  connections_[place]->setPlace(place);
  connections_.pop_back();
}

Host& Fabric::addHost(std::string name, const std::string& address) {
  const auto ip = lb::IpAddress::parse(address);
  LB_CHECK(ip.has_value());
  hosts_.push_back(std::make_unique<Host>(world_.nextId(), std::move(name), std::vector{*ip}));
  LB_CHECK(addresses_.emplace(*ip, hosts_.back().get()).second);
  return *hosts_.back();
}

Host* Fabric::hostAt(const lb::IpAddress& ip) const {
  const auto found = addresses_.find(ip);
  return found == addresses_.end() ? nullptr : found->second;
}

Link& Fabric::link(const Host& from, const Host& to) {
  std::unique_ptr<Link>& found = links_[{from.id(), to.id()}];
  if (!found) {
    found = std::make_unique<Link>();
    found->rules = default_rules_;
    if (from.id() == to.id()) found->rules.latency = Duration::zero();
    found->host_down = !to.isUp();
  }
  return *found;
}

void Fabric::setRules(const Host& from, const Host& to, const LinkRules& rules) {
  Link& changed = link(from, to);
  changed.rules = rules;
  letThrough(changed);
}

void Fabric::letThrough(Link& link) {
  if (link.blocked()) return;
  for (Wire* wire : std::exchange(link.held, {})) wire->resume();
}

void Fabric::kill(Host& host) {
  host.switchOff();
  for (auto& [ends, link] : links_) {
    if (ends.second == host.id()) link->host_down = true;
  }
  for (std::size_t i = connections_.size(); i > 0; --i) connections_[i - 1]->hostGone(host);
}

void Fabric::restart(Host& host) {
  host.switchOn();
  for (auto& [ends, link] : links_) {
    if (ends.second != host.id()) continue;
    link->host_down = false;
    letThrough(*link);
  }
}

void Fabric::setRulesBothWays(const Host& a, const Host& b, const LinkRules& rules) {
  setRules(a, b, rules);
  setRules(b, a, rules);
}

const NameRule* Fabric::findName(const std::string& name) const {
  const auto found = names_.find(name);
  return found == names_.end() ? nullptr : &found->second;
}

}  // namespace sim::net
