// Rehearsals as stories: each fault and each setting is told by what the whole proxy's clients see of it.
#include <gmock/gmock.h>

#include "sim/rehearse/rehearse.h"
#include "sim/rehearse/summary.h"
#include "unit/rehearse/story.h"

namespace sim::rehearse {
namespace {

constexpr std::string_view kTwo = R"(
proxy:
  services:
  - name: shop
    domain: shop.example.com
    balance: round_robin
    timeouts: {connect: 100ms, response_header: 500ms}
    outlier: off   # what a fault does is to be seen for as long as it lasts
    hosts: [{address: 10.0.0.1, port: 80}, {address: 10.0.0.2, port: 80}]
)";
constexpr std::string_view kEjecting = R"(
proxy:
  services:
  - name: shop
    domain: shop.example.com
    balance: round_robin
    outlier: {consecutive_failures: 3, base_ejection: 1s, max_ejection: 1s}
    hosts: [{address: 10.0.0.1, port: 80}, {address: 10.0.0.2, port: 80}]
)";
constexpr std::string_view kOther = R"(
proxy: {services: [{name: shop, domain: shop.example.com, hosts: [{address: 10.0.0.2, port: 80}]}]}
)";
constexpr std::string_view kName = R"(
proxy: {services: [{name: shop, domain: shop.example.com, hosts: [{address: shop.internal, port: 80}]}]}
)";
constexpr std::string_view kSplit = R"(
proxy:
  routes:
  - {match: {path_prefix: /}, split: [{service: shop, weight: 3}, {service: next, weight: 1}]}
  services:
  - {name: shop, domain: shop.example.com, hosts: [{address: 10.0.0.1, port: 80}]}
  - {name: next, hosts: [{address: 10.0.0.2, port: 80}]}
)";
constexpr std::string_view kLocal = R"(
proxy: {listen: {address: 192.0.2.1, port: 80}, services: [{name: shop, domain: shop.example.com, balance: round_robin,
  hosts: [{address: 127.0.0.1, port: 9090}, {address: localhost, port: 9091}]}]}
)";
constexpr std::string_view kOnLbsOwnPort = R"(
proxy: {listen: {address: 192.0.2.1, port: 8080}, services: [{name: shop, domain: shop.example.com,
  rate_limit: {rate: 120/s, burst: 5}, hosts: [{address: 127.0.0.1, port: 8080}]}]}
)";
constexpr std::string_view kRuled = R"(
proxy:
  services:
  - name: shop
    domain: shop.example.com
    hosts: [{address: 10.0.0.1, port: 80}]
    headers:
      request: {remove: [X-Backend], set: {X-Id: none, X-Answer: none}}
      response: {remove: [X-Id], set: {X-Backend: none}}
)";

const Story kStories[] = {
    {"nothing", kTwo,
     "expect: [errors = 0, requests = 999, p50 < 15ms, 'share of 10.0.0.1:80 > 49%', 'share of 10.0.0.1:80 < 51%']"},
    {"crash", kTwo,
     "faults: [{at: 2s, for: 3s, crash: 10.0.0.1:80}]\n"
     "expect: [errors < 5, share of 10.0.0.1:80 = 0% between 2s and 5s, share of 10.0.0.1:80 > 45% after 6s]"},
    {"restart ends a crash", kTwo,
     "faults: [{at: 2s, crash: 10.0.0.1:80}, {at: 5s, restart: 10.0.0.1:80}]\n"
     "expect: [share of 10.0.0.1:80 = 0% between 3s and 5s, share of 10.0.0.1:80 > 45% after 6s]"},
    {"restart of one of two ends the crash of that one", kTwo,
     "faults: [{at: 2s, for: 3s, crash: '10.0.0.*'}, {at: 3s, restart: 10.0.0.1:80}]\n"
     "expect: ['share of 10.0.0.2:80 = 0% between 3s and 5s', 'errors > 90% between 2s and 3s', errors = 0 between "
     "3100ms and 5s, 'share of 10.0.0.2:80 > 45% after 6s']"},
    {"stop", kTwo,
     "faults: [{at: 2s, for: 3s, stop: 10.0.0.1:80}]\n"
     "expect: [errors = 0, share of 10.0.0.1:80 = 0% between 3s and 5s, share of 10.0.0.1:80 > 45% after 6s]"},
    {"reset", kTwo,
     "faults: [{at: 2s, for: 3s, reset: 10.0.0.1:80}]\n"
     "expect: [errors > 25% between 2s and 5s, reason backend_closed > 25% between 2s and 5s, errors = 0 after 5s]"},
    {"refuse leaves open connections", kTwo,
     "faults: [{at: 2s, for: 3s, refuse: 10.0.0.1:80}]\nexpect: [errors = 0, share of 10.0.0.1:80 > 45%]"},
    {"black hole leaves open connections", kTwo,
     "faults: [{at: 2s, for: 3s, black_hole: 10.0.0.1:80}]\nexpect: [errors = 0, max < 100ms]"},
    {"hang", kTwo,
     "faults: [{at: 2s, for: 3s, hang: 10.0.0.1:80}]\n"
     "expect: [reason backend_timeout > 40% between 2s and 5s, max >= 500ms, max < 520ms, errors = 0 after 5s]"},
    {"pause", kTwo,
     "faults: [{at: 2s, for: 3s, pause: 10.0.0.1:80}]\n"
     "expect: [reason backend_timeout > 40% between 2s and 5s, errors = 0 after 6s]"},
    {"pause of lb", kTwo,
     "faults: [{at: 2s, for: 3s, pause: lb}]\n"
     "expect: [errors = 0, max > 2900ms, max < 3100ms, p50 > 1s between 2s and 5s, max < 20ms after 5s]"},
    {"pause of lb beyond the end", kTwo,
     "faults: [{at: 9s, for: 1h, pause: lb}]\nexpect: [unanswered > 95% after 9s, errors = 0 before 8900ms]"},
    {"slow", kTwo,
     "faults: [{at: 2s, for: 3s, slow: 10.0.0.1:80, factor: 20}]\n"
     "expect: [max > 195ms, max < 220ms, errors = 0, max < 20ms after 5s]"},
    {"errors", kTwo,
     "faults: [{at: 2s, for: 3s, errors: 10.0.0.1:80, ratio: 100%, status: 503}]\n"
     "expect: [status 503 = 150, backend errors = 150 between 1900ms and 5s, errors = 0 after 5s]"},
    {"errors that end in ejection", kEjecting,
     "faults: [{at: 2s, for: 3s, errors: 10.0.0.1:80, ratio: 100%, status: 503}]\n"
     "expect: [status 503 < 9, errors = 0 after 5s, share of 10.0.0.1:80 < 10% between 2s and 5s, "
     "share of 10.0.0.1:80 > 40% after 6500ms]"},
    {"partition", kTwo,
     "faults: [{at: 2s, for: 3s, partition: [lb, 10.0.0.1:80]}]\n"
     "expect: [reason backend_timeout > 0, p50 < 130ms between 3s and 5s, 'share of 10.0.0.1:80 < 5% between 2s and "
     "4s', "
     "errors = 0 after 6s]"},
    {"partition of one way", kTwo,
     "faults: [{at: 2s, for: 300ms, partition: {from: 10.0.0.1:80, to: lb}}]\n"
     "expect: [errors = 0, max > 250ms, max < 400ms]"},
    {"network", kTwo,
     "network: [{between: [clients, lb], latency: 20ms}]\n"
     "faults: [{at: 2s, for: 3s, network: [lb, 10.0.0.1:80], latency: 50ms}]\n"
     "expect: [p50 > 50ms before 2s, p50 < 60ms before 1900ms, max > 150ms, max < 60ms after 5500ms]"},
    {"bandwidth", kTwo,
     "network: [{between: [lb, \"*\"], bandwidth: 100KiB/s}]\nexpect: [errors = 0, p50 > 20ms, p50 < 30ms]"},
    {"name that fails keeps what it had", kName,
     "dns: [{name: shop.internal, addresses: [10.1.0.1], ttl: 1s}]\n"
     "faults: [{at: 2s, for: 3s, dns: shop.internal, answer: fails}]\nexpect: [errors = 0]"},
    {"name that moves", kName,
     "dns: [{name: shop.internal, addresses: [10.1.0.1], ttl: 1s}]\n"
     "faults: [{at: 5s, dns: shop.internal, addresses: [10.1.0.2], ttl: 1s}]\n"
     "expect: [errors = 0, 'share of 10.1.0.2:80 = 0% before 5s', 'share of 10.1.0.2:80 = 100% after 8s']"},
    {"faults of a name add up", kName,
     "dns: [{name: shop.internal, addresses: [10.1.0.1], ttl: 1s}]\n"
     "faults: [{at: 2s, for: 5s, dns: shop.internal, addresses: [10.1.0.2]}, {at: 2s, for: 2s, dns: shop.internal, "
     "delay: 5ms}]\n"
     "expect: [errors = 0, 'share of 10.1.0.2:80 = 100% between 4s and 7s', 'share of 10.1.0.1:80 = 100% after "
     "8500ms']"},
    {"a fault of a name that begins where another ends", kName,
     "dns: [{name: shop.internal, addresses: [10.1.0.1], ttl: 1s}]\n"
     "faults: [{at: 2s, for: 2s, every: 2s, times: 3, dns: shop.internal, addresses: [10.1.0.2]}]\n"
     "expect: [errors = 0, 'share of 10.1.0.2:80 = 100% between 4s and 8s']"},
    {"a name of which only the time to live is said", kName,
     "dns: [{name: shop.internal, ttl: 1s}]\nexpect: [errors = 0]"},
    {"reload", kTwo,
     "faults: [{at: 5s, reload: other.yaml}]\n"
     "expect: [errors = 0, share of 10.0.0.1:80 > 49% before 4s, share of 10.0.0.1:80 = 0% after 5100ms]"},
    {"drain", kTwo, "faults: [{at: 5s, drain: lb}]\nexpect: [errors = 0 before 4900ms, unanswered > 95% after 5100ms]"},
    {"queue", kTwo,
     "backends: [{latency: 100ms, concurrency: 2, queue: 1}]\nexpect: [status 503 > 50%, max < 200ms, max > 140ms]"},
    {"error ratio", kTwo, "backends: [{errors: 10%, error_status: 504}]\nexpect: [status 504 > 7%, status 504 < 13%]"},
    {"changes", kTwo,
     "backends: [{latency: 10ms, changes: [{at: 5s, latency: 100ms, errors: 100%}]}]\n"
     "expect: [max < 20ms before 4900ms, p50 > 99ms after 5s, errors = 100% after 5s]"},
    {"the last rule counts", kTwo,
     "backends: [{latency: 100ms}, {backend: 10.0.0.2:80, latency: 10ms}]\n"
     "expect: [max < 20ms of backend 10.0.0.2:80, p50 > 99ms of backend 10.0.0.1:80]"},
    {"loopback", kLocal, "expect: [errors = 0, 'share of 127.0.0.1:9090 > 0%', 'share of localhost:9091 > 0%']"},
    {"loopback, and the port that lb listens on elsewhere", kOnLbsOwnPort,
     "expect: [errors = 0, requests = 999, 'share of 127.0.0.1:8080 = 100%']"},
    {"rules for fields that a simulator might have thought of", kRuled,
     "expect: [errors = 0, requests = 999, 'share of 10.0.0.1:80 = 100%']"},
    {"threads", kTwo, "lb: {threads: 4}\nexpect: [errors = 0]"},
    {"connections of lb", kTwo, "lb: {max_connections: 1}\nbackends: [{latency: 50ms}]\nexpect: [p50 > 1s]"},
};

lb::Result<std::string> other(const std::string&) {
  return std::string(kOther);
}

TEST(Rehearsal, EveryFaultAndSettingIsSeenByTheClients) {
  for (const Story& story : kStories) tell(story, other);
}

// Hosts that leave, come, stay and change their order, a hundred times within ten busy seconds.
TEST(Rehearsal, AHundredReloadsUnderLoadAreSeenByNobody) {
  const auto hosts = [](const std::string& file) -> lb::Result<std::string> {
    const char* list = file == "grown.yaml" ? "[{address: 10.0.0.3, port: 80}, {address: 10.0.0.2, port: 80}, "
                                              "{address: 10.0.0.1, port: 80}]"
                                            : "[{address: 10.0.0.2, port: 80}]";
    return "proxy: {services: [{name: shop, domain: shop.example.com, hosts: " + std::string(list) + "}]}";
  };
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    tell({"reloads", kTwo, R"(
duration: 10s
lb: {threads: 4}
traffic:
- {name: pages, rate: 1000/s, requests: [{path: /, response: {median: 8KiB, p99: 200KiB}}]}
- {name: orders, rate: 200/s, requests: [{method: POST, path: /cart, body: 20KiB}]}
backends: [{latency: {mean: 20ms}}]
faults:
- {at: 50ms, every: 190ms, times: 50, reload: grown.yaml}
- {at: 145ms, every: 190ms, times: 50, reload: shrunk.yaml}
expect: [errors = 0, every request answered, max < 1s, "share of 10.0.0.1:80 > 10%", "share of 10.0.0.3:80 > 10%"]
)"},
         hosts, "", seed);
  }
}

TEST(Rehearsal, WhereARouteHasLedIsToldByWhoAnswered) {
  const Scenario scenario = scenarioOf(
      "{duration: 10s, traffic: [{rate: 100/s, arrivals: even, host: www.example.com, service: shop}], expect: [errors "
      "= 0, requests > 650 of service shop, requests < 850 of service shop, requests > 150 of service next]}",
      kSplit);
  const auto result = rehearse(configOf(kSplit), scenario, 1);
  ASSERT_EQ(scenario.expectations.size(), 4U);
  for (const Expectation& expectation : scenario.expectations) {
    const Verdict verdict = judge(expectation, *result, scenario.layout);
    EXPECT_TRUE(verdict.holds) << expectation.text << " measured " << verdict.shown;
  }
}

// What a route answers by itself is no broken HTTP and, below 400, no error.
TEST(Rehearsal, RoutesMayAnswerThemselves) {
  constexpr std::string_view kAnswers = R"(
proxy:
  routes:
  - {match: {path: /old}, redirect: {path: /new}}
  - {match: {path: /teapot}, respond: {status: 418, body: short}}
  services: [{name: shop, domain: shop.example.com, hosts: [{address: 10.0.0.1, port: 80}]}]
)";
  tell({"answers", kAnswers,
        "expect: [status 3xx > 40%, status 418 > 20%, reason lb_418 > 20%, errors < 40%, backend errors = 0]"},
       noFile,
       "duration: 10s\ntraffic:\n- {rate: 100/s, requests: [{path: /old, weight: 2}, {path: /teapot}, {path: /}]}\n");
}

// Of the hosts of a wildcard one that no other service has.
TEST(Rehearsal, AServiceIsReachedThatHasAWildcardWithAnException) {
  constexpr std::string_view kWildcard = R"(
proxy:
  services:
  - {name: all, domain: "*.example.com", hosts: [{address: 10.0.0.1, port: 80}]}
  - {name: www, domain: www.example.com, hosts: [{address: 10.0.0.2, port: 80}]}
)";
  tell({"wildcard", kWildcard,
        "expect: [errors = 0, 'share of 10.0.0.1:80 = 100% of service all', requests > 900 of service all]"},
       noFile, "duration: 10s\ntraffic: [{service: all, rate: 100/s, arrivals: even}]\n");
}

TEST(Rehearsal, TheWarmUpIsNotCounted) {
  const Scenario scenario = scenarioOf("{duration: 2s, warmup: 3s, traffic: [{rate: 100/s, arrivals: even}]}", kTwo);
  const auto result = rehearse(configOf(kTwo), scenario, 1);
  EXPECT_NEAR(static_cast<double>(result->outcomes.size()), 200, 1);
  for (const Outcome& outcome : result->outcomes) EXPECT_GE(outcome.began, 0s);
}

TEST(Rehearsal, PatienceEndsAWait) {
  const Scenario scenario =
      scenarioOf("{duration: 2s, traffic: [{rate: 50/s, patience: 100ms}], faults: [{at: 1s, hang: '*'}]}", kTwo);
  const auto result = rehearse(configOf(kTwo), scenario, 1);
  const auto gave_up = static_cast<std::size_t>(std::ranges::count_if(
      result->outcomes, [&](const Outcome& one) { return result->causes[one.cause] == "client_gave_up"; }));
  EXPECT_GT(gave_up, 30U);
  for (const Outcome& outcome : result->outcomes) EXPECT_LE(outcome.took, 101ms);
}

TEST(Rehearsal, MixSizesAndConnectionsArriveAsPlanned) {
  const Scenario scenario = scenarioOf(R"(
duration: 5s
traffic:
- rate: 200/s
  keep_alive: false
  requests:
  - {weight: 3, response: 100KiB}
  - {method: POST, path: /cart, body: 50KiB, response: 0}
  - {method: HEAD}
)",
                                       kTwo);
  const auto result = rehearse(configOf(kTwo), scenario, 1);
  EXPECT_EQ(result->violation, "") << "every byte of every body is looked at";
  EXPECT_GT(result->outcomes.size(), 900U);
  for (const Outcome& outcome : result->outcomes) EXPECT_FALSE(outcome.failed());
}

TEST(Rehearsal, TheSameSeedIsTheSameRun) {
  const Scenario scenario =
      scenarioOf("{duration: 3s, traffic: [{rate: 200/s}], backends: [{latency: {mean: 20ms}}]}", kTwo);
  const auto run = [&](std::uint64_t seed) {
    std::vector<Duration> times;
    const auto result = rehearse(configOf(kTwo), scenario, seed);
    for (const Outcome& outcome : result->outcomes) times.push_back(outcome.took);
    return times;
  };
  EXPECT_EQ(run(5), run(5));
  EXPECT_NE(run(5), run(6));
}

TEST(Rehearsal, BackendsAreSampledOverTime) {
  const Scenario scenario = scenarioOf(
      "{duration: 6s, traffic: [{rate: 100/s}], faults: [{at: 2s, for: 2s, crash: 10.0.0.1:80}, {at: 3s, for: 1s, "
      "hang: "
      "10.0.0.2:80}]}",
      kTwo);
  const auto result = rehearse(configOf(kTwo), scenario, 1);
  ASSERT_EQ(result->samples.size(), 120U);
  const auto at = [&](Duration time, std::size_t site) { return result->samples[time / 50ms].sites[site]; };
  EXPECT_EQ(at(1s, 0).state, SiteState::Up);
  EXPECT_EQ(at(3s, 0).state, SiteState::Down);
  EXPECT_EQ(at(3500ms, 1).state, SiteState::Hung);
  EXPECT_GT(at(3900ms, 1).working, 50U);
  EXPECT_EQ(at(5s, 0).state, SiteState::Up);
  const auto bins = timeline(*result, 0);
  std::size_t requests = 0;
  for (const Bin& bin : bins) requests += bin.requests;
  EXPECT_EQ(requests, result->outcomes.size());
}

}  // namespace
}  // namespace sim::rehearse
