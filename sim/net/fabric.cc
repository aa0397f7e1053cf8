// See fabric.h.
#include "sim/net/fabric.h"

#include "lb/base/check.h"
#include "sim/net/connection.h"

namespace sim::net {

Fabric::~Fabric() = default;

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
  }
  return *found;
}

void Fabric::setRules(const Host& from, const Host& to, const LinkRules& rules) {
  Link& changed = link(from, to);
  changed.rules = rules;
  if (rules.stalled) return;
  for (const auto& connection : std::exchange(changed.held, {})) connection->resume();
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
