// The services, what they inherit from `defaults`, and that their names, domains and hosts are told apart.
#include <fmt/format.h>

#include <map>
#include <set>

#include "lb/config/names.h"
#include "lb/config/sections.h"
#include "lb/config/units.h"

namespace lb::config {
namespace {

// Values that must differ from each other, and where each was first seen.
class Distinct {
 public:
  // `role` completes the sentence: "a domain of".
  void add(const Value& value, const std::string& key, std::string_view role, const std::string& owner) {
    const auto [first, is_new] = first_.emplace(key, First{owner, value.place().line});
    if (is_new) return;
    const First& seen = first->second;
    value.error(fmt::format("{} is already {} {} (line {})", quote(key), role, seen.owner, seen.line));
  }
  [[nodiscard]] bool contains(const std::string& key) const { return first_.contains(key); }

 private:
  struct First {
    std::string owner;
    int line;
  };
  std::map<std::string, First> first_;
};

struct Seen {
  Distinct names, domains;
  std::string default_service;
  std::set<std::string> routed;  // services that a route leads to
};

void readPool(Section& section, Pool& pool) {
  section.integer("max_idle", pool.max_idle, kMaxIdle);
  const auto idle = section.find("idle_timeout");
  if (idle && idle->duration(pool.idle_timeout, kTimeout) && pool.idle_timeout > kPoolIdleLikelyMax) {
    idle->warn(fmt::format("many servers close idle connections after {}: requests will meet closed ones",
                           formatDuration(kPoolIdleLikelyMax)));
  }
  section.integer("max_requests", pool.max_requests, kMaxBackendRequests);
  section.duration("max_age", pool.max_age, kTimeoutOrOff);
}

// The keys that a service may have and `defaults` too.
void readInheritable(Section& section, Service& service) {
  readBalance(section, service);
  section.map("timeouts", [&](Section& timeouts) {
    timeouts.duration("connect", service.timeouts.connect, kTimeout);
    timeouts.duration("response_header", service.timeouts.response_header, kTimeout);
    timeouts.duration("response_idle", service.timeouts.response_idle, kTimeout);
    timeouts.duration("total", service.timeouts.total, kTimeoutOrOff);
    timeouts.duration("tunnel_idle", service.timeouts.tunnel_idle, kTimeout);
  });
  section.map("pool", [&](Section& pool) { readPool(pool, service.pool); });
  section.map("retry", [&](Section& retry) { readRetry(retry, service.retry); });
  section.map("limits", [&](Section& limits) { readServiceLimits(limits, service.limits); });
  section.map("rate_limit", [&](Section& limit) { readRateLimit(limit, service.rate_limit); });
  readHealth(section, service);
  readHeaders(section, service.headers);
}

void readHosts(const Value& value, std::vector<Host>& hosts) {
  Distinct distinct;
  if (value.isEmptyList()) value.error("a service needs at least one host");
  value.list([&](const Value& item) {
    Host host;
    host.place = item.place();
    item.map([&](Section& section) {
      const auto address = section.require("address");
      const auto port = section.require("port");
      readShare(section, host);
      const bool address_ok = address && address->parsed(host.address, parseHostAddress, "an address");
      const bool port_ok = port && port->integer(host.port, kHostPort);
      if (address_ok && port_ok) distinct.add(item, host.label(), "a host of", "this service");
    });
    hosts.push_back(std::move(host));
  });
}

void readDomain(const Value& value, const std::string& owner, Service& service, Seen& seen) {
  std::string domain;
  if (!value.parsed(domain, parseDomain, "a domain")) return;
  seen.domains.add(value, domain, "a domain of", owner);
  service.domains.push_back(std::move(domain));
}

// A domain that is wrong still is one: its absence is not complained about on top.
void readDomains(Section& section, Service& service, Seen& seen) {
  bool any = false;
  if (const auto domain = section.find("domain"); domain && !domain->isNull()) {
    any = true;
    readDomain(*domain, section.path(), service, seen);
  }
  if (const auto domains = section.find("domains")) {
    domains->list([&](const Value& item) {
      any = true;
      readDomain(item, section.path(), service, seen);
    });
    any = any || !domains->isList();
  }
  const bool reached =
      !service.name.empty() && (service.name == seen.default_service || seen.routed.contains(service.name));
  if (!any && !reached) {
    section.error("no domain leads to this service: set `domain`, or name it in `default_service` or in a route");
  }
}

void readService(Section& section, Service& service, Seen& seen) {
  service.place = section.place();
  if (const auto name = section.require("name"); name && name->text(service.name, "a name")) {
    name->parsed(service.name, parseServiceName, "a name");
    seen.names.add(*name, service.name, "the name of", section.path());
  }
  readDomains(section, service, seen);
  if (const auto hosts = section.require("hosts")) readHosts(*hosts, service.hosts);
  readInheritable(section, service);
  checkBalance(section, service);
}

}  // namespace

void readServices(Section& proxy, Config& config) {
  Service prototype;
  proxy.map("defaults", [&](Section& section) { readInheritable(section, prototype); });

  Seen seen;
  for (const Route& route : config.routes) {
    for (const Split& part : route.split) seen.routed.insert(part.service);
  }
  const auto default_service = proxy.find("default_service");
  const bool has_default =
      default_service && !default_service->isNull() && default_service->text(seen.default_service, "a service's name");
  config.default_service = seen.default_service;

  const auto services = proxy.require("services");
  if (!services) return;
  if (services->isEmptyList()) services->error("needs at least one service");
  services->list([&](const Value& item) {
    Service& service = config.services.emplace_back(prototype);
    item.map([&](Section& section) { readService(section, service, seen); });
  });
  if (has_default && !seen.default_service.empty() && !seen.names.contains(seen.default_service)) {
    default_service->error(fmt::format("no service has the name {}", quote(seen.default_service)));
  }
}

}  // namespace lb::config
