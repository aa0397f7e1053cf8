// Configurations that have no place on the stage are refused, and say why.
#include <gmock/gmock.h>

#include "sim/rehearse/rehearse.h"
#include "unit/rehearse/support.h"

namespace sim::rehearse {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

std::string withHeaders(const std::string& headers, const std::string& routes = "[]") {
  return "proxy: {routes: " + routes + ", services: [{name: shop, domain: shop.example.com, headers: " + headers +
         ", hosts: [{address: 10.0.0.1, port: 80}]}]}\n";
}

// What is wrong with it; "": it has been rehearsed.
std::string refusalOf(const std::string& config_text, const Scenario& scenario) {
  const auto result = rehearse(configOf(config_text), scenario, 1);
  return result ? "" : result.error().what;
}

std::string refusalOf(const std::string& config_text) {
  return refusalOf(config_text, scenarioOf("{duration: 1s, traffic: [{service: shop, rate: 10/s}]}", config_text));
}

// Clients and backends could not tell any more whose request and whose answer it is.
TEST(Fit, RulesForTheSimulatorsOwnFieldsAreRefused) {
  for (const char* headers :
       {"{request: {remove: [X-Afe-Sim-Id]}}", "{request: {set: {X-Afe-Sim-Answer: '1'}}}",
        "{request: {add: {x-afe-sim-id: '1'}}}", "{response: {remove: [Server, X-AFE-SIM-BACKEND]}}",
        "{response: {set: {X-Afe-Sim-Backend: '7'}}}", "{response: {add: {A: b, X-Afe-Sim-Id: '1'}}}"}) {
    EXPECT_THAT(refusalOf(withHeaders(headers)), StartsWith("the header rules of service shop touch ")) << headers;
    const std::string route = "[{match: {path: /a}, service: shop}, {match: {path: /}, service: shop, headers: ";
    EXPECT_THAT(refusalOf(withHeaders("{}", route + headers + "}]")),
                StartsWith("the header rules of routes[1] touch "))
        << headers;
  }
  EXPECT_EQ(refusalOf(withHeaders("{request: {remove: [X-Afe-Sim], set: {X-Id: '1'}}}")), "");
}

TEST(Fit, WhatAReloadBringsIsLookedAtToo) {
  const std::string plain = withHeaders("{}");
  const auto other = [](const std::string&) -> lb::Result<std::string> {
    return withHeaders("{request: {remove: [X-Afe-Sim-Id]}}");
  };
  const auto scenario =
      parse("{duration: 1s, traffic: [{service: shop, rate: 10/s}], faults: [{at: 500ms, reload: new.yaml}]}",
            configOf(plain), other);
  ASSERT_TRUE(scenario.has_value());
  EXPECT_THAT(refusalOf(plain, *scenario), HasSubstr("reload new.yaml: the header rules of service shop touch "));
}

}  // namespace
}  // namespace sim::rehearse
