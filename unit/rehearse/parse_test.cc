// Scenario files: what every key means, and where each mistake is said to be.
#include <gmock/gmock.h>

#include "unit/rehearse/support.h"

namespace sim::rehearse {
namespace {

using model::Distribution;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(ScenarioParse, TheSmallestFileHasDefaultsForAllElse) {
  const Scenario scenario = scenarioOf("traffic: [{service: shop, rate: 100/s}]");
  EXPECT_EQ(scenario.duration, 60s);
  EXPECT_EQ(scenario.warmup, 0s);
  ASSERT_EQ(scenario.traffic.size(), 1U);
  const Stream& stream = scenario.traffic[0];
  EXPECT_EQ(stream.name, "shop");
  EXPECT_EQ(stream.host, "shop.example.com");
  EXPECT_THAT(stream.rate, ElementsAre(model::RatePoint{0s, 100}));
  EXPECT_EQ(stream.patience, 10s);
  EXPECT_EQ(stream.requests.size(), 1U);
}

TEST(ScenarioParse, AHostFindsItsService) {
  const Scenario scenario = scenarioOf("traffic: [{host: v1.api.example.com, rate: 1/s}, {service: api, rate: 60/m}]");
  EXPECT_EQ(scenario.layout.services[scenario.traffic[0].service], "api");
  EXPECT_EQ(scenario.traffic[1].host, "www.api.example.com");
  EXPECT_EQ(scenario.traffic[1].name, "api-2");
  EXPECT_THAT(scenario.traffic[1].rate, ElementsAre(model::RatePoint{0s, 1}));
}

TEST(ScenarioParse, StepsAndRampsBecomePoints) {
  const Scenario scenario = scenarioOf(
      "traffic: [{service: shop, rate: [{at: 0, rate: 10/s}, {at: 5s, rate: 30/s}, {at: 8s, rate: 0, ramp: 2s}]}]");
  EXPECT_THAT(scenario.traffic[0].rate,
              ElementsAre(model::RatePoint{0s, 10}, model::RatePoint{5s, 10}, model::RatePoint{5s, 30},
                          model::RatePoint{8s, 30}, model::RatePoint{10s, 0}));
}

TEST(ScenarioParse, ATrafficThatBeginsLaterHasARateOfZeroBefore) {
  const Scenario scenario = scenarioOf("traffic: [{service: shop, rate: [{at: 5s, rate: 30/s}]}]");
  EXPECT_THAT(scenario.traffic[0].rate, ElementsAre(model::RatePoint{5s, 0}, model::RatePoint{5s, 30}));
}

TEST(ScenarioParse, LawsAreReadByTheirKeys) {
  const Scenario scenario = scenarioOf(R"(
traffic:
- service: shop
  rate: 1/s
  requests:
  - {method: POST, path: /cart, weight: 3, body: 2KiB, response: {from: 1KiB, to: 2KiB}}
backends:
- {backend: "10.0.0.*", latency: {mean: 20ms}, concurrency: 4, queue: 7, errors: 0.5%, error_status: 502}
- {backend: 10.0.0.2:8080, latency: {median: 10ms, p99: 100ms}, changes: [{at: 3s, latency: 200us}]}
)");
  const RequestKind& kind = scenario.traffic[0].requests.at(0);
  EXPECT_EQ(kind.method, "POST");
  EXPECT_EQ(kind.weight, 3U);
  EXPECT_EQ(kind.body, Distribution::constantBytes(2048));
  EXPECT_EQ(kind.response.kind, Distribution::Kind::Uniform);
  ASSERT_EQ(scenario.backends.size(), 2U);
  EXPECT_THAT(scenario.backends[0].backends, ElementsAre(0, 1, 2));
  EXPECT_EQ(scenario.backends[0].patch.latency, Distribution::exponential(20ms));
  EXPECT_EQ(scenario.backends[0].patch.error_ppm, 5000U);
  EXPECT_EQ(scenario.backends[0].patch.queue, 7U);
  EXPECT_THAT(scenario.backends[1].backends, ElementsAre(1));
  EXPECT_EQ(scenario.backends[1].patch.latency->kind, Distribution::Kind::Lognormal);
  EXPECT_EQ(scenario.backends[1].changes.at(0).patch.latency, Distribution::constant(200us));
}

TEST(ScenarioParse, ALognormalLawHasItsMedianAndPercentile) {
  const Scenario scenario =
      scenarioOf("{traffic: [{service: shop, rate: 1/s}], backends: [{latency: {median: 10ms, p99: 100ms}}]}");
  Prng chance(7);
  constexpr int kDraws = 100'000;
  int below_median = 0, below_p99 = 0;
  for (int i = 0; i < kDraws; ++i) {
    const Duration drawn = scenario.backends[0].patch.latency->draw(chance);
    below_median += drawn < 10ms ? 1 : 0;
    below_p99 += drawn < 100ms ? 1 : 0;
  }
  EXPECT_NEAR(below_median, kDraws * 0.5, kDraws * 0.01);
  EXPECT_NEAR(below_p99, kDraws * 0.99, kDraws * 0.002);
}

TEST(ScenarioParse, FaultsKnowTheirBackendsAndSides) {
  const Scenario scenario = scenarioOf(R"(
traffic: [{service: shop, rate: 1/s}]
dns: [{name: api.internal, addresses: [10.1.0.1, 10.1.0.2], ttl: 5s}]
faults:
- {at: 1s, for: 2s, crash: [10.0.0.1:8080, 10.0.0.2:8080]}
- {at: 2s, slow: "api.internal:9000*", factor: 2.5}
- {at: 3s, for: 1s, partition: {from: lb, to: 10.0.0.3:8080}}
- {at: 4s, dns: api.internal, addresses: [10.1.0.3]}
- {at: 5s, for: 1s, pause: lb}
- {at: 6s, drain: lb}
)");
  ASSERT_EQ(scenario.faults.size(), 6U);
  EXPECT_THAT(scenario.faults[0].backends, ElementsAre(0, 1));
  EXPECT_EQ(scenario.faults[0].text, "crash 10.0.0.1:8080 10.0.0.2:8080");
  EXPECT_EQ(scenario.faults[1].backends.size(), 3U) << "the address that comes later is a backend too";
  EXPECT_FALSE(scenario.faults[2].both_ways);
  EXPECT_EQ(scenario.faults[2].between[0].kind, Side::Kind::Lb);
  EXPECT_THAT(scenario.faults[2].between[1].backends, ElementsAre(2));
  EXPECT_TRUE(scenario.faults[4].of_lb);
}

TEST(ScenarioParse, AFaultMayHappenAgainAndAgain) {
  const Scenario scenario = scenarioOf(R"(
duration: 10s
traffic: [{service: shop, rate: 1/s}]
faults:
- {at: 1s, for: 500ms, every: 4s, crash: 10.0.0.2:8080}
- {at: 2s, every: 10ms, times: 3, restart: 10.0.0.3:8080}
)");
  std::vector<std::pair<Duration, std::size_t>> all;
  for (const Fault& fault : scenario.faults) all.emplace_back(fault.at, fault.backends.at(0));
  EXPECT_THAT(all, testing::UnorderedElementsAre(std::pair(1s, 1), std::pair(5s, 1), std::pair(9s, 1),
                                                 std::pair(2000ms, 2), std::pair(2010ms, 2), std::pair(2020ms, 2)));
  EXPECT_EQ(scenario.faults.back().length, 0s);
}

TEST(ScenarioParse, ANameWithoutWordsGetsAnAddressOfItsOwn) {
  const Scenario scenario = scenarioOf("traffic: [{service: api, rate: 1/s}]");
  EXPECT_EQ(scenario.layout.sites.at(3).label, "api.internal:9000");
  EXPECT_EQ(scenario.layout.sites.at(3).address.toString(), "198.18.0.1:9000");
}

TEST(ScenarioParse, AReloadReadsTheFileThatItNames) {
  const auto read = [](const std::string& name) -> lb::Result<std::string> {
    EXPECT_EQ(name, "new.yaml");
    return std::string(
        "proxy: {services: [{name: shop, domain: shop.example.com, hosts: [{address: 10.0.0.9, port: 1}]}]}");
  };
  const auto scenario =
      parse("{traffic: [{service: shop, rate: 1/s}], faults: [{at: 1s, reload: new.yaml}]}", configOf(kConfig), read);
  ASSERT_TRUE(scenario.has_value());
  EXPECT_EQ(scenario->layout.sites.back().label, "10.0.0.9:1") << "its backend takes part from the beginning";
}

struct Mistake {
  const char* name;
  const char* yaml;
  const char* expected;  // within the first complaint
};

constexpr Mistake kMistakes[] = {
    {"empty", "", "s:1:1: the file is empty"},
    {"no traffic", "duration: 5s", "s:1:1: `traffic` is missing"},
    {"unknown key", "traffic: [{service: shop, rate: 1/s}]\ntrafic: []",
     "s:2:1: unknown key \"trafic\"; did you mean \"traffic\"?"},
    {"no rate", "traffic:\n- service: shop", "s:2:3: traffic[0]: `rate` is missing"},
    {"rate without sense", "traffic:\n- {service: shop, rate: fast}",
     "s:2:25: traffic[0].rate: \"fast\" is not a rate"},
    {"too many requests", "traffic:\n- {service: shop, rate: 1000000/s}", "makes 60000000 requests"},
    {"too many of all streams",
     "traffic:\n- {service: shop, rate: 50000/s}\n- {service: shop, rate: 50000/s, name: more}",
     "s:3:25: traffic[1].rate: makes 6000000 requests of all streams"},
    {"too long a warm-up", "warmup: 24h\ntraffic:\n- {service: shop, rate: 100/s}", "makes 8646000 requests"},
    {"a rate behind the end",
     "duration: 5s\ntraffic:\n- {service: shop, rate: [{at: 0s, rate: 1/s}, {at: 9s, rate: 2/s}]}",
     "nothing begins at 9s: the scenario lasts 5s"},
    {"a change behind the end",
     "duration: 5s\ntraffic: [{service: shop, rate: 1/s}]\nbackends:\n- {changes: [{at: 5s}]}",
     "nothing happens then: the scenario lasts 5s"},
    {"which service", "traffic:\n- {rate: 1/s}", "s:2:3: traffic[0]: set `service` or `host`"},
    {"no such service", "traffic:\n- {service: sohp, rate: 1/s}",
     "s:2:13: traffic[0].service: no service of the "
     "configuration has the name \"sohp\"; did you mean \"shop\"?"},
    {"no such host", "traffic:\n- {host: example.org, rate: 1/s}", "no service of the configuration serves"},
    {"points backwards", "traffic:\n- {service: shop, rate: [{at: 5s, rate: 1/s, ramp: 2s}, {at: 6s, rate: 2/s}]}",
     "comes before 7s"},
    {"bad path", "traffic:\n- {service: shop, rate: 1/s, requests: [{path: cart}]}", "is not a path, such as /cart"},
    {"bad method", "traffic:\n- {service: shop, rate: 1/s, requests: [{method: GTE}]}", "did you mean \"GET\"?"},
    {"no such backend", "traffic: [{service: shop, rate: 1/s}]\nbackends:\n- {backend: 10.0.0.33:8080}",
     "s:3:13: backends[0].backend: no backend of the configuration is \"10.0.0.33:8080\"; did you mean "
     "\"10.0.0.3:8080\"?"},
    {"half a law", "traffic: [{service: shop, rate: 1/s}]\nbackends:\n- {latency: {median: 5ms}}",
     "needs `p99` beside it"},
    {"no law", "traffic: [{service: shop, rate: 1/s}]\nbackends:\n- {latency: {mean: 5ms, p99: 1s}}",
     "a law is one value"},
    {"law upside down", "traffic: [{service: shop, rate: 1/s}]\nbackends:\n- {latency: {median: 5s, p99: 1s}}",
     "must not be less"},
    {"share over all", "traffic: [{service: shop, rate: 1/s}]\nbackends:\n- {errors: 101%}", "from 0% to 100%"},
    {"change of what cannot", "traffic: [{service: shop, rate: 1/s}]\nbackends:\n- {changes: [{at: 1s, queue: 5}]}",
     "unknown key \"queue\""},
    {"fault of nothing", "traffic: [{service: shop, rate: 1/s}]\nfaults:\n- {at: 1s}",
     "s:3:3: faults[0]: says no fault"},
    {"two faults",
     "traffic: [{service: shop, rate: 1/s}]\nfaults:\n- {at: 1s, crash: 10.0.0.1:8080, hang: 10.0.0.1:8080}",
     "stands beside `crash`"},
    {"fault too late", "duration: 5s\ntraffic: [{service: shop, rate: 1/s}]\nfaults:\n- {at: 5s, crash: 10.0.0.1:8080}",
     "s:4:8: faults[0].at: is never reached: the scenario lasts 5s"},
    {"fault without end", "traffic: [{service: shop, rate: 1/s}]\nfaults:\n- {at: 5s, pause: lb}",
     "a pause has an end"},
    {"for that is none", "traffic: [{service: shop, rate: 1/s}]\nfaults:\n- {at: 5s, for: 1s, restart: 10.0.0.1:8080}",
     "`restart` happens at once"},
    {"slow without factor", "traffic: [{service: shop, rate: 1/s}]\nfaults:\n- {at: 5s, slow: 10.0.0.1:8080}",
     "`factor` is missing"},
    {"only of a process",
     "traffic: [{service: shop, rate: 1/s}]\nfaults:\n- {at: 5s, crash: 10.0.0.1:8080, only: users}",
     "unknown key \"only\""},
    {"only whom", "traffic: [{service: shop, rate: 1/s}]\nfaults:\n- {at: 5s, hang: 10.0.0.1:8080, only: user}",
     "did you mean \"users\"?"},
    {"only nobody", "traffic: [{service: shop, rate: 1/s}]\nfaults:\n- {at: 5s, hang: 10.0.0.1:8080, only: checks}",
     "s:3:18: faults[0].hang: nobody checks it by HTTP"},
    {"times of what", "traffic: [{service: shop, rate: 1/s}]\nfaults:\n- {at: 5s, times: 5, restart: 10.0.0.1:8080}",
     "s:3:19: faults[0].times: needs `every` beside it"},
    {"every without end", "traffic: [{service: shop, rate: 1/s}]\nfaults:\n- {at: 5s, every: 5s, hang: 10.0.0.1:8080}",
     "needs `for` beside `every`"},
    {"every before the end",
     "traffic: [{service: shop, rate: 1/s}]\nfaults:\n- {at: 5s, for: 2s, every: 1s, hang: 10.0.0.1:8080}",
     "is shorter than `for`"},
    {"times beyond the end",
     "duration: 10s\ntraffic: [{service: shop, rate: 1/s}]\nfaults:\n- {at: 5s, every: 1s, times: 6, restart: "
     "10.0.0.1:8080}",
     "the last is never reached: 5 begin before the scenario's end at 10s"},
    {"too often", "traffic: [{service: shop, rate: 1/s}]\nfaults:\n- {at: 5s, every: 1ms, restart: 10.0.0.1:8080}",
     "makes too many: at most 1000 faults"},
    {"partition of backends",
     "traffic: [{service: shop, rate: 1/s}]\nfaults:\n- {at: 5s, partition: [10.0.0.1:8080, 10.0.0.2:8080]}",
     "one of the two sides is lb"},
    {"no file", "traffic: [{service: shop, rate: 1/s}]\nfaults:\n- {at: 5s, reload: new.yaml}",
     "s:3:20: faults[0].reload: new.yaml: cannot be read"},
    {"no such name", "traffic: [{service: shop, rate: 1/s}]\nfaults:\n- {at: 5s, dns: api.interal, answer: fails}",
     "did you mean \"api.internal\"?"},
    {"an expectation", "traffic: [{service: shop, rate: 1/s}]\nexpect:\n- p99 < 5", "s:3:3: expect[0]: 5 has no unit"},
    {"expected too late", "duration: 5s\ntraffic: [{service: shop, rate: 1/s}]\nexpect:\n- p99 < 5ms after 5s",
     "nothing begins then"},
};

TEST(ScenarioParse, EveryMistakeHasItsPlaceAndSaysWhatToDo) {
  for (const Mistake& row : kMistakes) {
    const auto mistakes = mistakesOf(row.yaml);
    ASSERT_THAT(mistakes, testing::Not(IsEmpty())) << row.name;
    EXPECT_THAT(mistakes.front(), HasSubstr(row.expected)) << row.name;
  }
}

TEST(ScenarioParse, AllMistakesAreToldAtOnce) {
  EXPECT_THAT(mistakesOf("duration: 5\nsede: 1\ntraffic: [{service: shop, rate: x}]\nexpect: [p9x < 1ms]"),
              ElementsAre(HasSubstr("s:1:11"), HasSubstr("s:2:1"), HasSubstr("s:3:33"), HasSubstr("s:4:10")));
}

TEST(Layout, PatternsMatchAnyTextAtTheirStars) {
  EXPECT_TRUE(matches("*", ""));
  EXPECT_TRUE(matches("10.0.*:80", "10.0.0.1:80"));
  EXPECT_FALSE(matches("10.0.*:80", "10.0.0.1:8080"));
  EXPECT_TRUE(matches("*a*b", "xaab"));
  EXPECT_FALSE(matches("a", "ab"));
}

TEST(Layout, TheLongestWildcardServesAHost) {
  const auto config = configOf(R"(
proxy:
  default_service: rest
  services:
  - {name: all, domain: "*.example.com", hosts: [{address: 10.0.0.1, port: 1}]}
  - {name: deep, domain: "*.deep.example.com", hosts: [{address: 10.0.0.2, port: 1}]}
  - {name: exact, domain: a.deep.example.com, hosts: [{address: 10.0.0.3, port: 1}]}
  - {name: rest, hosts: [{address: 10.0.0.4, port: 1}]}
)");
  EXPECT_EQ(serviceOfHost(config, "x.example.com")->name, "all");
  EXPECT_EQ(serviceOfHost(config, "x.deep.example.com")->name, "deep");
  EXPECT_EQ(serviceOfHost(config, "a.deep.example.com")->name, "exact");
  EXPECT_EQ(serviceOfHost(config, "example.com")->name, "rest");
}

}  // namespace
}  // namespace sim::rehearse
