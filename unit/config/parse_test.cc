// What valid files mean.
#include <gtest/gtest.h>

#include "lb/config/defaults.h"
#include "unit/config/support.h"

namespace lb::config {
namespace {

TEST(Parse, OriginalFormLoadsUnchanged) {
  const Config config = configOf(R"(
proxy:
  listen:
    address: ""
    port: 8080
  services:
    - name: my-service
      domain: my-service.my-company.com
      hosts:
        - address: "127.0.0.1"
          port: 9090
        - address: "127.0.0.1"
          port: 9091
)");
  ASSERT_EQ(config.listen.size(), 1U);
  EXPECT_EQ(config.listen[0].address, "");
  EXPECT_EQ(config.listen[0].port, 8080);
  ASSERT_EQ(config.services.size(), 1U);
  EXPECT_EQ(config.services[0].name, "my-service");
  EXPECT_EQ(config.services[0].domains, std::vector<std::string>{"my-service.my-company.com"});
  ASSERT_EQ(config.services[0].hosts.size(), 2U);
  EXPECT_EQ(config.services[0].hosts[0].label(), "127.0.0.1:9090");
  EXPECT_EQ(config.services[0].hosts[1].label(), "127.0.0.1:9091");
}

TEST(Parse, WhatIsNotSetHasItsDefault) {
  Config expected = defaultConfig();
  Service& service = expected.services.emplace_back();
  service.name = "a";
  service.domains = {"a.com"};
  service.hosts = {Host{"127.0.0.1", 9090}};
  EXPECT_EQ(configOf(withService("")), expected);
}

TEST(Parse, DefaultsAreThoseOfTheDocumentation) {
  const Config config = configOf(withService(""));
  EXPECT_EQ(config.listen[0].port, 8080);
  EXPECT_EQ(config.admin.address, "127.0.0.1");
  ASSERT_EQ(config.admin.allow.size(), 2U);
  EXPECT_TRUE(config.admin.allow[0].contains(*IpAddress::parse("127.1.2.3")));
  EXPECT_TRUE(config.admin.allow[1].contains(*IpAddress::parse("::1")));
  EXPECT_FALSE(config.admin.allow[1].contains(*IpAddress::parse("::2")));
  EXPECT_EQ(config.metrics.request_buckets.size(), 15U);
  EXPECT_EQ(config.metrics.overhead_buckets.size(), 13U);
}

// lb --health asks a running lb, whose file may have gone bad since.
TEST(Parse, ControlPlaneIsReadWhateverElseIsWrong) {
  const std::string bad = "  nonsense: 1\n  services: 7\n";
  const auto admin = parseAdmin("proxy:\n  admin: {port: 9200}\n" + bad);
  ASSERT_TRUE(admin.has_value());
  EXPECT_EQ(admin->port, 9200);
  const auto usual = parseAdmin("proxy:\n" + bad);
  ASSERT_TRUE(usual.has_value());
  EXPECT_EQ(usual->port, 9100);
  EXPECT_FALSE(parseAdmin("proxy:\n  admin: {port: 92000}\n").has_value());
  EXPECT_FALSE(parseAdmin("proxy: [").has_value());
}

TEST(Parse, EmptySectionsMeanTheirDefaults) {
  const std::string sections =
      "  admin:\n  timeouts:\n  limits:\n  drain:\n  access_log:\n  log:\n  metrics:\n    buckets:\n  dns:\n  "
      "routing:\n"
      "  default_service:\n  defaults:\n    timeouts:\n    pool:\n    health_check:\n    outlier:\n"
      "    limits:\n      adaptive:\n";
  EXPECT_EQ(configOf(withService(sections)), configOf(withService("")));
}

TEST(Parse, QuotedNumbersAreNumbers) {
  const Config config = configOf(withService("  listen: {port: \"8081\"}\n  threads: '4'"));
  EXPECT_EQ(config.listen[0].port, 8081);
  EXPECT_EQ(config.threads, 4U);
}

TEST(Parse, EverySettingArrives) {
  const Config config = configOf(withService(R"(  admin: {address: "::1", port: 9200, allow: [10.0.0.0/8]}
  trusted_proxies: [192.0.2.1, "fd00::/8"]
  threads: 3
  busy_poll: 50us
  abort_on_half_close: true
  timeouts: {request_header: 1s, request_body_idle: 2s, client_idle: 3s, response_idle: 250ms}
  limits: {max_connections: 7, max_header_bytes: 1KiB, max_headers: 8, max_uri_bytes: 300, max_trailer_bytes: 2KiB,
           max_response_header_bytes: 3KiB, buffer_bytes: 1MiB, min_body_rate: 1KiB/s, max_requests: 9, max_connection_age: 0}
  drain: {delay: 4s, timeout: 1m}
  access_log: {path: off, format: json}
  log: {level: debug, format: json, path: lb.log}
  metrics: {on_proxy_port: true, backend_histograms: false, buckets: {request: [1, 2], overhead: [0.5]}}
  dns: {servers: [192.0.2.53, "192.0.2.54:5353", "2001:db8::53", "[2001:db8::54]:5353"]}
  routing: {service_parameter: s}
  default_service: a)"));
  EXPECT_EQ(config.admin.address, "::1");
  EXPECT_EQ(config.admin.port, 9200);
  EXPECT_EQ(config.admin.allow, std::vector{*Cidr::parse("10.0.0.0/8")});
  EXPECT_EQ(config.trusted_proxies, (std::vector{*Cidr::parse("192.0.2.1/32"), *Cidr::parse("fd00::/8")}));
  EXPECT_EQ(config.threads, 3U);
  EXPECT_EQ(config.busy_poll, 50us);
  EXPECT_TRUE(config.abort_on_half_close);
  EXPECT_EQ(config.timeouts, (ClientTimeouts{1s, 2s, 3s, 250ms}));
  EXPECT_EQ(config.limits, (ClientLimits{7, 1024, 8, 300, 2048, 3072, 1048576, 1024, 9, 0s}));
  EXPECT_EQ(config.drain, (Drain{4s, 1min}));
  EXPECT_EQ(config.access_log, (AccessLog{"off", LogFormat::Json}));
  EXPECT_EQ(config.log, (Log{LogLevel::Debug, LogFormat::Json, "lb.log"}));
  EXPECT_EQ(config.metrics, (Metrics{true, false, {1, 2}, {0.5}}));
  const auto server = [](const char* ip, std::uint16_t port) { return Address{*IpAddress::parse(ip), port}; };
  EXPECT_EQ(config.dns.servers, (std::vector{server("192.0.2.53", 53), server("192.0.2.54", 5353),
                                             server("2001:db8::53", 53), server("2001:db8::54", 5353)}));
  EXPECT_EQ(config.routing.service_parameter, "s");
  EXPECT_EQ(config.default_service, "a");
}

TEST(Parse, AdminMayBeOff) {
  EXPECT_FALSE(configOf(withService("  admin: off")).admin.enabled);
  EXPECT_TRUE(configOf(withService("  admin: {port: 0}")).admin.enabled);
}

TEST(Parse, AliasesRepeatWhatTheirAnchorNames) {
  const Config config = configOf(R"(proxy:
  services:
  - {name: a, domain: a.com, hosts: &both [{address: h, port: 1}, {address: h, port: 2}], timeouts: {connect: &quick 1s}}
  - {name: b, domain: b.com, hosts: *both, timeouts: {total: *quick}}
)");
  ASSERT_EQ(config.services.size(), 2U);
  EXPECT_EQ(config.services[1].hosts, config.services[0].hosts);
  EXPECT_EQ(config.services[1].timeouts.total, 1s);
}

TEST(Parse, PlacesAreThoseOfTheFile) {
  const Config config =
      configOf("proxy:\n  services:\n  - name: a\n    domain: a.com\n    hosts:\n    - {address: b, port: 1}\n");
  EXPECT_EQ(config.listen[0].place.line, 0);  // a default stands nowhere
  EXPECT_EQ(config.services[0].place.line, 3);
  EXPECT_EQ(config.services[0].place.column, 5);
  EXPECT_EQ(config.services[0].hosts[0].place.line, 6);
}

TEST(Parse, EqualityIgnoresPlaces) {
  EXPECT_EQ(configOf(withService("")), configOf(withService("\n\n")));
  EXPECT_NE(configOf(withService("")), configOf(withService("  threads: 1")));
}

}  // namespace
}  // namespace lb::config
