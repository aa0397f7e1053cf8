// See layout.h.
#include "sim/rehearse/layout.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "sim/net/host.h"
#include "sim/rehearse/checks.h"

namespace sim::rehearse {
namespace {

constexpr std::string_view kLocalhost = "localhost";

lb::IpAddress madeUp(std::size_t number) {
  const auto ip = lb::IpAddress::parse(fmt::format("198.18.{}.{}", number / 250, number % 250 + 1));
  return *ip;
}

template <class T>
void addOnce(std::vector<T>& list, const T& one) {
  if (std::ranges::find(list, one) == list.end()) list.push_back(one);
}

class Builder {
 public:
  Builder(Layout& layout, const std::map<std::string, std::vector<lb::IpAddress>>& later)
      : layout_(layout), later_(later) {}

  void add(const lb::config::Service& service) {
    addOnce(layout_.services, service.name);
    const auto index =
        static_cast<std::size_t>(std::ranges::find(layout_.services, service.name) - layout_.services.begin());
    for (const lb::config::Host& host : service.hosts) add(host, index);
  }

  // REQUIRES: every service of every configuration has been added, so that a port of checks may be another backend's.
  void addChecksOf(const lb::config::Service& service) {
    for (const lb::config::Host& host : service.hosts) {
      std::vector<lb::Address> backends;
      for (const lb::IpAddress& ip : addressesOf(host.address)) backends.push_back({ip, host.port});
      addChecks(layout_, service.health_check, backends);
    }
  }

 private:
  void add(const lb::config::Host& host, std::size_t service) {
    const std::vector<lb::IpAddress> addresses = addressesOf(host.address);
    for (const lb::IpAddress& ip : addresses) {
      const lb::Address at{ip, host.port};
      std::string label = host.label();
      if (addresses.size() > 1) label = fmt::format("{}/{}", host.label(), at.ip.toString());
      auto found = std::ranges::find(layout_.sites, at, &Site::address);
      if (found == layout_.sites.end()) {
        layout_.sites.push_back({label, {}, at, {}});
        found = std::prev(layout_.sites.end());
      }
      addOnce(found->also, host.label());
      addOnce(found->also, at.toString());
      addOnce(found->services, service);
    }
  }

  // All that the name may ever stand for.
  std::vector<lb::IpAddress> addressesOf(const std::string& name) {
    if (const auto literal = lb::IpAddress::parse(name)) return {*literal};
    if (name == kLocalhost) return {*lb::IpAddress::parse("127.0.0.1")};
    const auto [entry, is_new] = layout_.names.try_emplace(name);
    if (is_new || std::exchange(entry->second.made_up, false)) entry->second.addresses = {madeUp(made_up_++)};
    std::vector<lb::IpAddress> all = entry->second.addresses;
    if (const auto found = later_.find(name); found != later_.end()) {
      for (const lb::IpAddress& ip : found->second) addOnce(all, ip);
    }
    return all;
  }

  Layout& layout_;
  const std::map<std::string, std::vector<lb::IpAddress>>& later_;
  std::size_t made_up_ = 0;
};

}  // namespace

bool isLoopback(const lb::IpAddress& ip) {
  return net::isLoopback(ip);
}

bool matches(std::string_view pattern, std::string_view text) {
  const std::size_t star = pattern.find('*');
  if (star == std::string_view::npos) return pattern == text;
  if (text.size() < star || text.substr(0, star) != pattern.substr(0, star)) return false;
  const std::string_view rest = pattern.substr(star + 1);
  for (std::size_t at = star; at <= text.size(); ++at) {
    if (matches(rest, text.substr(at))) return true;
  }
  return false;
}

std::vector<std::size_t> Layout::matching(std::string_view pattern) const {
  std::vector<std::size_t> found;
  for (std::size_t i = 0; i < sites.size(); ++i) {
    const auto fits = [&](const std::string& name) { return matches(pattern, name); };
    if (fits(sites[i].label) || std::ranges::any_of(sites[i].also, fits)) found.push_back(i);
  }
  return found;
}

std::vector<std::string_view> Layout::labels() const {
  std::vector<std::string_view> labels;
  for (const Site& site : sites) labels.emplace_back(site.label);
  return labels;
}

Layout layOut(const std::vector<const lb::config::Config*>& configs, std::map<std::string, NameAnswer> names,
              const std::map<std::string, std::vector<lb::IpAddress>>& later) {
  Layout layout;
  layout.names = std::move(names);
  Builder builder(layout, later);
  for (const lb::config::Config* config : configs) {
    for (const lb::config::Service& service : config->services) builder.add(service);
  }
  for (const lb::config::Config* config : configs) {
    for (const lb::config::Service& service : config->services) builder.addChecksOf(service);
  }
  return layout;
}

const lb::config::Service* serviceOfHost(const lb::config::Config& config, std::string_view host) {
  const lb::config::Service* best = nullptr;
  std::size_t length = 0;
  for (const lb::config::Service& service : config.services) {
    for (const std::string_view domain : service.domains) {
      if (domain == host) return &service;
      if (!domain.starts_with("*.") || !host.ends_with(domain.substr(1)) || domain.size() <= length) continue;
      best = &service;
      length = domain.size();
    }
  }
  if (best != nullptr) return best;
  const auto found = std::ranges::find(config.services, config.default_service, &lb::config::Service::name);
  return config.default_service.empty() || found == config.services.end() ? nullptr : &*found;
}

}  // namespace sim::rehearse
