// Services: what they need, what must differ between them, and what they inherit.
#include <gtest/gtest.h>

#include "unit/config/support.h"

namespace lb::config {
namespace {

TEST(Service, WhatIsMissing) {
  const std::vector<Row> rows{
      {"services", "proxy: {listen: {port: 1}}", "c.yaml:1:8: `services` is missing\n"},
      {"empty list", "proxy: {services: []}", "c.yaml:1:19: services: needs at least one service\n"},
      {"nothing", "proxy:\n  services:\n", "c.yaml:2:3: services: must be a list, not nothing\n"},
      {"a map", "proxy: {services: {a: {}}}", "c.yaml:1:19: services: must be a list, not a map\n"},
      {"a scalar service", "proxy: {services: [a]}", "c.yaml:1:20: services[0]: must be a map, not a single value\n"},
      {"all", "proxy: {services: [{}]}",
       "c.yaml:1:20: services[0]: `name` is missing\n"
       "c.yaml:1:20: services[0]: no domain leads to this service: set `domain`, or name it in `default_service` or in "
       "a route\n"
       "c.yaml:1:20: services[0]: `hosts` is missing\n"},
      {"hosts empty", "proxy: {services: [{name: a, domain: a.com, hosts: []}]}",
       "c.yaml:1:52: services[0].hosts: a service needs at least one host\n"},
      {"address and port", "proxy: {services: [{name: a, domain: a.com, hosts: [{}]}]}",
       "c.yaml:1:53: services[0].hosts[0]: `address` is missing\n"
       "c.yaml:1:53: services[0].hosts[0]: `port` is missing\n"},
      {"port 0", "proxy: {services: [{name: a, domain: a.com, hosts: [{address: b, port: 0}]}]}",
       "c.yaml:1:72: services[0].hosts[0].port: 0 is under 1 (1 to 65535)\n"},
      {"empty domains", "proxy: {services: [{name: a, domains: [], hosts: [{address: b, port: 1}]}]}",
       "c.yaml:1:20: services[0]: no domain leads to this service: set `domain`, or name it in `default_service` or in "
       "a route\n"},
      {"a wrong domain is no missing one",
       "proxy: {services: [{name: a, domain: \"*\", hosts: [{address: b, port: 1}]}]}",
       "c.yaml:1:38: services[0].domain: \"*\" matches everything: name the service in `default_service` instead\n"},
  };
  for (const Row& row : rows) EXPECT_EQ(errorsOf(row.yaml), row.expected) << row.name;
}

std::string twoServices(std::string_view second) {
  return "proxy:\n  services:\n  - {name: a, domain: a.com, domains: [b.com, \"*.c.com\"], hosts: [{address: h, port: "
         "1}]}\n"
         "  - {hosts: [{address: h, port: 1}], " +
         std::string(second) + "}\n";
}

TEST(Service, NamesAndDomainsDiffer) {
  const std::vector<Row> rows{
      {"all different", "name: b, domain: c.com, domains: [x.c.com, \"*.d.c.com\"]", ""},
      {"name", "name: a, domain: d.com",
       "c.yaml:4:44: services[1].name: \"a\" is already the name of services[0] (line 3)\n"},
      {"name in other case", "name: A, domain: d.com", ""},
      {"domain", "name: b, domain: A.COM",
       "c.yaml:4:55: services[1].domain: \"a.com\" is already a domain of services[0] (line 3)\n"},
      {"in domains", "name: b, domains: [d.com, b.com]",
       "c.yaml:4:64: services[1].domains[1]: \"b.com\" is already a domain of services[0] (line 3)\n"},
      {"wildcard", "name: b, domain: \"*.C.com\"",
       "c.yaml:4:55: services[1].domain: \"*.c.com\" is already a domain of services[0] (line 3)\n"},
      {"within one service", "name: b, domain: d.com, domains: [D.com]",
       "c.yaml:4:72: services[1].domains[0]: \"d.com\" is already a domain of services[1] (line 4)\n"},
  };
  for (const Row& row : rows) EXPECT_EQ(errorsOf(twoServices(row.yaml)), row.expected) << row.name;
}

TEST(Service, HostsOfOneServiceDiffer) {
  const auto file = [](std::string_view second) {
    return "proxy: {services: [{name: a, domain: a.com, hosts: [{address: \"::1\", port: 1},\n" + std::string(second) +
           "]}]}";
  };
  EXPECT_EQ(errorsOf(file("{address: \"[0::1]\", port: 1}")),
            "c.yaml:2:1: services[0].hosts[1]: \"[::1]:1\" is already a host of this service (line 1)\n");
  EXPECT_EQ(errorsOf(file("{address: \"::1\", port: 2}")), "");
  EXPECT_EQ(errorsOf(file("{address: \"::2\", port: 1}")), "");
}

TEST(Service, DefaultServiceNamesAService) {
  EXPECT_EQ(errorsOf(withService("  default_service: b")),
            "c.yaml:2:20: default_service: no service has the name \"b\"\n");
  EXPECT_EQ(errorsOf(withService("  default_service: []")),
            "c.yaml:2:20: default_service: must be a service's name, not a list\n");
  EXPECT_EQ(errorsOf(withService("  default_service: a")), "");
  EXPECT_EQ(configOf(withService("  default_service: null")).default_service, "");
}

TEST(Service, DefaultServiceNeedsNoDomain) {
  const Config config = configOf("proxy: {default_service: a, services: [{name: a, hosts: [{address: b, port: 1}]}]}");
  EXPECT_EQ(config.default_service, "a");
  EXPECT_TRUE(config.services[0].domains.empty());
}

TEST(Service, EverySettingArrives) {
  const Service service = configOf(withServiceKeys("balance: round_robin, timeouts: {connect: 1s, response_header: 2s, "
                                                   "response_idle: 3s, total: 4s, tunnel_idle: 5s},"
                                                   "pool: {max_idle: 6, idle_timeout: 3s, max_requests: 8, max_age: "
                                                   "9s}, retry: {body_limit: 10}, limits: {max_body: 11}"))
                              .services.at(0);
  EXPECT_EQ(service.balance, Balance::RoundRobin);
  EXPECT_EQ(service.timeouts, (ServiceTimeouts{1s, 2s, 3s, 4s, 5s}));
  EXPECT_EQ(service.pool, (Pool{6, 3s, 8, 9s}));
  EXPECT_EQ(service.retry.body_limit, 10U);
  EXPECT_EQ(service.limits.max_body, 11U);
}

TEST(Service, WrongSettings) {
  const std::vector<Row> rows{
      {"balance", "balance: roundrobin",
       "c.yaml:2:12: services[0].balance: \"roundrobin\" is not random or round_robin or least_request or p2c or "
       "peak_ewma or "
       "hash; did you mean "
       "\"round_robin\"?\n"},
      {"of the proxy", "drain: {}",
       "c.yaml:2:3: services[0]: unknown key \"drain\"; known here are name, domain, domains, hosts, balance, hash, "
       "slow_start, sticky, timeouts, pool, "
       "retry, limits, rate_limit, health_check, outlier, panic_threshold, headers\n"},
      {"in a section", "pool: {max_idel: 1}",
       "c.yaml:2:10: services[0].pool: unknown key \"max_idel\"; did you mean \"max_idle\"?\n"},
  };
  for (const Row& row : rows) EXPECT_EQ(errorsOf(withServiceKeys(row.yaml)), row.expected) << row.name;
}

// Key by key, wherever `defaults` stands in the file.
TEST(Service, InheritsDefaults) {
  const Config config = configOf(R"(proxy:
  services:
  - {name: a, domain: a.com, hosts: [{address: h, port: 1}]}
  - {name: b, domain: b.com, hosts: [{address: h, port: 1}], balance: random, timeouts: {connect: 3s}, limits: {max_body: 0}}
  defaults:
    balance: round_robin
    timeouts: {connect: 1s, total: 9s}
    pool: {max_idle: 5}
    retry: {body_limit: 0}
    limits: {max_body: 1MiB}
)");
  ASSERT_EQ(config.services.size(), 2U);
  const Service &a = config.services[0], &b = config.services[1];
  EXPECT_EQ(a.balance, Balance::RoundRobin);
  EXPECT_EQ(a.timeouts, (ServiceTimeouts{1s, 30s, 60s, 9s, 1h}));
  EXPECT_EQ(a.limits.max_body, 1048576U);
  EXPECT_EQ(b.balance, Balance::Random);
  EXPECT_EQ(b.timeouts, (ServiceTimeouts{3s, 30s, 60s, 9s, 1h}));
  EXPECT_EQ(b.limits.max_body, 0U);
  for (const Service& service : config.services) {
    EXPECT_EQ(service.pool, (Pool{5, 4s, 0, 0s}));
    EXPECT_EQ(service.retry.body_limit, 0U);
  }
}

TEST(Service, DefaultsHaveOnlyWhatIsShared) {
  EXPECT_EQ(errorsOf(withService("  defaults: {domain: a.com}")),
            "c.yaml:2:14: defaults: unknown key \"domain\"; known here are balance, hash, slow_start, sticky, "
            "timeouts, pool, retry, limits, rate_limit, health_check, outlier, panic_threshold, headers\n");
}

TEST(Service, HostLabels) {
  EXPECT_EQ((Host{"127.0.0.1", 80, {}}.label()), "127.0.0.1:80");
  EXPECT_EQ((Host{"2001:db8::1", 80, {}}.label()), "[2001:db8::1]:80");
  EXPECT_EQ((Host{"backend.example.com", 8080, {}}.label()), "backend.example.com:8080");
}

}  // namespace
}  // namespace lb::config
