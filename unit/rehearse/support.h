// What the tests of rehearsals share: a configuration, and a scenario read for it.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "lb/config/parse.h"
#include "sim/rehearse/parse.h"

namespace sim::rehearse {

inline constexpr std::string_view kConfig = R"(
proxy:
  services:
  - name: shop
    domain: shop.example.com
    hosts:
    - {address: 10.0.0.1, port: 8080}
    - {address: 10.0.0.2, port: 8080}
    - {address: 10.0.0.3, port: 8080}
  - name: api
    domain: "*.api.example.com"
    hosts:
    - {address: api.internal, port: 9000}
)";

inline lb::config::Config configOf(std::string_view yaml) {
  auto parsed = lb::config::parse(yaml);
  EXPECT_TRUE(parsed.has_value()) << (parsed ? "" : lb::config::format("config", parsed.error().front()));
  return parsed ? parsed->config : lb::config::Config{};
}

inline lb::Result<std::string> noFile(const std::string& name) {
  return lb::fail(name + ": cannot be read");
}

inline Scenario scenarioOf(std::string_view yaml, std::string_view config = kConfig) {
  auto parsed = parse(yaml, configOf(config), noFile);
  EXPECT_TRUE(parsed.has_value()) << (parsed ? "" : lb::config::format("scenario", parsed.error().front()));
  return parsed ? std::move(*parsed) : Scenario{};
}

// "2:10: expect[0]: what is wrong", for each mistake.
inline std::vector<std::string> mistakesOf(std::string_view yaml) {
  const auto parsed = parse(yaml, configOf(kConfig), noFile);
  std::vector<std::string> mistakes;
  if (parsed) return mistakes;
  for (const auto& issue : parsed.error()) mistakes.push_back(lb::config::format("s", issue));
  return mistakes;
}

}  // namespace sim::rehearse
