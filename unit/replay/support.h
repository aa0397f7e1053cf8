// Lines of an access log as lb itself writes them, from its own Record, so that format and reader cannot drift apart.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "lb/config/parse.h"
#include "lb/observe/access_log.h"
#include "lb/observe/record.h"

namespace sim::replay {

using namespace std::chrono_literals;

inline constexpr std::string_view kConfig = R"(
proxy:
  services:
  - name: shop
    domain: shop.example.com
    hosts: [{address: 10.0.0.1, port: 80}]
  - name: api
    domain: "*.api.example.com"
    hosts: [{address: 10.0.0.2, port: 80}, {address: 10.0.0.3, port: 80}]
)";

inline lb::config::Config configOf(std::string_view yaml = kConfig) {
  auto parsed = lb::config::parse(yaml);
  EXPECT_TRUE(parsed.has_value()) << (parsed ? "" : lb::config::format("config", parsed.error().front()));
  return parsed ? parsed->config : lb::config::Config{};
}

inline constexpr lb::Duration kBegin = std::chrono::sys_days(std::chrono::year(2026) / 1 / 2).time_since_epoch();

// A GET that a backend answers well: 20 ms of waiting, 5 ms of receiving. It begins `at` after kBegin.
inline lb::observe::Record goodRecord(lb::Duration at = {}) {
  lb::observe::Record record;
  record.time = lb::WallTime{kBegin + at + 26ms};
  record.request_id = "4bf92f3577b34da6";
  record.method = lb::http::Method::Get;
  record.method_text = "GET";
  record.host = "shop.example.com";
  record.path = "/cart";
  record.service = "shop";
  record.backend = "10.0.0.1:80";
  record.backend_address = {*lb::IpAddress::parse("10.0.0.1"), 80};
  record.attempts = 1;
  record.code = 200;
  record.origin = lb::observe::Origin::Backend;
  record.bytes_in = 200;
  record.bytes_out = 5150;
  record.phases.total = 26ms;
  record.phases.receive = 0ms;
  record.phases.wait = 20ms;
  record.phases.backend_receive = 5ms;
  return record;
}

inline lb::observe::Record ownAnswer(lb::observe::Reason reason, std::uint16_t code, lb::Duration at = {}) {
  lb::observe::Record record = goodRecord(at);
  record.origin = lb::observe::Origin::Proxy;
  record.reason = reason;
  record.code = code;
  record.phases.wait = record.phases.backend_receive = lb::observe::kUnknown;
  return record;
}

// A service whose backends have a name in common, and one whose backend's name the logs of these tests do not have.
inline constexpr std::string_view kNamed = R"(
proxy:
  services:
  - name: shop
    domain: shop.example.com
    limits: {max_inflight: 1}
    hosts: [{address: pool.internal, port: 80}]
  - name: api
    domain: "*.api.example.com"
    hosts: [{address: quiet.internal, port: 80}]
)";

// The same record of one of pool.internal's addresses.
inline lb::observe::Record from(std::string_view ip, lb::observe::Record record) {
  record.backend = "pool.internal:80";
  record.backend_address = {*lb::IpAddress::parse(ip), 80};
  return record;
}

inline constexpr std::string_view kRouted = R"(
proxy:
  routes:
  - match: {domain: shop.example.com, path_prefix: /api}
    service: api
  services:
  - {name: shop, domain: shop.example.com, hosts: [{address: 10.0.0.1, port: 80}]}
  - {name: api, hosts: [{address: 10.0.0.2, port: 80}]}
)";

// The same record as kRouted's route leads.
inline lb::observe::Record routed(lb::observe::Record record) {
  record.path = "/api/users";
  record.service = "api";
  record.backend = "10.0.0.2:80";
  record.backend_address = {*lb::IpAddress::parse("10.0.0.2"), 80};
  return record;
}

inline std::string textOf(const lb::observe::Record& record) {
  std::string text;
  lb::observe::formatJson(record, text);
  return text;
}

}  // namespace sim::replay
