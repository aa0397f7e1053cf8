// Active checks in rehearsals: simulated backends answer them as they answer their users, unless a failure is gray.
#include <gmock/gmock.h>

#include "sim/rehearse/checks.h"
#include "unit/rehearse/story.h"

namespace sim::rehearse {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;

// Two backends, where nobody is left out but by a check, which takes 600 ms to find out and as long to find back.
std::string checked(std::string_view check) {
  return R"(
proxy:
  services:
  - name: shop
    domain: shop.example.com
    balance: round_robin
    timeouts: {connect: 100ms, response_header: 500ms}
    outlier: off
    retry: {attempts: 0}
    hosts: [{address: 10.0.0.1, port: 80}, {address: 10.0.0.2, port: 80}]
    health_check: {interval: 200ms, down_interval: 200ms, timeout: 100ms, fall: 2, rise: 2, )" +
         std::string(check) + "}\n";
}

const std::string kHttp = checked("http: {path: /healthz, body: fine}");
const std::string kTcp = checked("tcp: true");
const std::string kOwnPort = checked("http: {path: /healthz}, port: 9000");

struct CheckedStory {
  Story story;
  const char* said;  // by lb at some time; "": nothing at all
};

// Left out and missed by nobody, then back.
constexpr const char* kLeftOut =
    "expect: [share of 10.0.0.1:80 = 0% between 3s and 5s, errors = 0 between 3s and 5s, max < 20ms between 3s and 5s, "
    "share of 10.0.0.1:80 > 45% after 7s, errors = 0 after 7s]";

std::string leftOut(const char* fault) {
  return std::string("faults: [{at: 2s, for: 3s, ") + fault + "}]\n" + kLeftOut;
}

TEST(Checks, PassWhereNothingIsWrong) {
  for (const char* check :
       {"http: {}", "http: {path: /healthz, host: a.example.com, body: all is well}", "http: {expect: [204]}",
        "http: {expect: [404, 500-599]}", "http: {expect: [100-300], body: fine}", "http: {expect: [204-206], body: x}",
        "http: {path: '/a?b=c'}", "http: {path: /healthz}, port: 9000", "tcp: true", "tcp: true, port: 9000"}) {
    const std::string config = checked(check);
    const Result result = tell({check, config, "expect: [errors = 0, requests = 999, 'share of 10.0.0.1:80 > 49%']"});
    EXPECT_THAT(result.log, IsEmpty()) << check;
  }
}

TEST(Checks, SeeWhatUsersSee) {
  for (const char* fault :
       {"crash: 10.0.0.1:80", "stop: 10.0.0.1:80", "reset: 10.0.0.1:80", "hang: 10.0.0.1:80", "pause: 10.0.0.1:80",
        "slow: 10.0.0.1:80, factor: 20", "errors: 10.0.0.1:80, ratio: 100%", "partition: [lb, 10.0.0.1:80]"}) {
    const std::string scenario = leftOut(fault);
    const Result result = tell({fault, kHttp, scenario.c_str()});
    EXPECT_THAT(result.log, Contains(HasSubstr("10.0.0.1:80 of shop is down, was up: a check failed"))) << fault;
    const Result other_port = tell({fault, kOwnPort, scenario.c_str()});
    EXPECT_THAT(other_port.log, Contains(HasSubstr("is down"))) << fault;
  }
}

// A gray failure: no check notices it.
const Story kGray[] = {
    {"errors", kHttp,
     "faults: [{at: 2s, for: 3s, errors: 10.0.0.1:80, ratio: 100%, only: users}]\n"
     "expect: [status 500 > 49% between 2s and 5s, errors = 0 after 5s]"},
    {"hang", kHttp,
     "faults: [{at: 2s, for: 3s, hang: 10.0.0.1:80, only: users}]\n"
     "expect: [reason backend_timeout > 40% between 2s and 5s, errors = 0 after 5s]"},
    {"slow", kHttp,
     "faults: [{at: 2s, for: 3s, slow: 10.0.0.1:80, factor: 20, only: users}]\n"
     "expect: [errors = 0, p50 > 150ms between 2s and 5s of backend 10.0.0.1:80]"},
    {"errors where a connection is enough", kTcp,
     "faults: [{at: 2s, for: 3s, errors: 10.0.0.1:80, ratio: 100%}]\nexpect: [status 500 > 49% between 2s and 5s]"},
    {"hang where a connection is enough", kTcp,
     "faults: [{at: 2s, for: 3s, hang: 10.0.0.1:80}]\nexpect: [reason backend_timeout > 40% between 2s and 5s]"},
};

TEST(Checks, DoNotSeeWhatIsForUsersOnly) {
  for (const Story& story : kGray) EXPECT_THAT(tell(story).log, IsEmpty()) << story.name;
}

TEST(Checks, AloneSeeWhatIsForChecksOnly) {
  for (const char* fault : {"errors: 10.0.0.1:80, ratio: 100%", "hang: 10.0.0.1:80", "slow: 10.0.0.1:80, factor: 20"}) {
    const std::string scenario = leftOut((std::string(fault) + ", only: checks").c_str());
    const Result result = tell({fault, kHttp, scenario.c_str()});
    EXPECT_THAT(result.log, Contains(HasSubstr("is down"))) << fault;
    for (const Outcome& outcome : result.outcomes) EXPECT_FALSE(outcome.failed() || outcome.took > 20ms) << fault;
  }
}

TEST(Checks, OfAllThatFailFalselyAreOverruledByPanic) {
  const Result result = tell({"broken page of health", kHttp,
                              "faults: [{at: 2s, for: 3s, errors: '*', ratio: 100%, only: checks}]\n"
                              "expect: [errors = 0, max < 20ms]"});
  EXPECT_THAT(result.log, Contains(HasSubstr("panic: 0 of 2")));
}

TEST(Checks, WaitTheirTurnBehindUsers) {
  const Result result =
      tell({"overload", kHttp, "backends: [{latency: 30ms, concurrency: 1}]\nexpect: [errors > 50% after 5s]"});
  EXPECT_THAT(result.log, Contains(HasSubstr("is down, was up: a check failed (no whole answer in time)")));
}

// One machine, two backends, one process that both are asked by; and two services that look for different words and
// statuses.
TEST(Checks, MayShareAPortAndAPath) {
  const Result result =
      tell({"shared", R"(
proxy:
  services:
  - name: shop
    domain: shop.example.com
    hosts: [{address: 10.0.0.1, port: 80}, {address: 10.0.0.1, port: 81}]
    health_check: {http: {path: /healthz, body: shop is fine}, port: 9000, interval: 200ms}
  - name: api
    domain: api.example.com
    hosts: [{address: 10.0.0.1, port: 80}]
    health_check: {http: {path: /healthz, body: api is fine, expect: [203]}, port: 9000, interval: 200ms}
  - name: health
    domain: health.example.com
    hosts: [{address: 10.0.0.1, port: 9000}]
)",
            "expect: [errors = 0]"},
           noFile, "duration: 5s\ntraffic: [{service: shop, rate: 100/s}, {service: api, rate: 100/s}]\n");
  EXPECT_THAT(result.log, IsEmpty());
}

TEST(Checks, ThatComeWithAReloadAreAnswered) {
  const auto other = [](const std::string&) -> lb::Result<std::string> { return kHttp; };
  const Result result = tell({"reload", kOwnPort,
                              "faults: [{at: 2s, reload: other.yaml}, {at: 5s, crash: 10.0.0.1:80}]\n"
                              "expect: [errors = 0 before 4900ms, errors = 0 after 6s]"},
                             other);
  EXPECT_THAT(result.log, testing::ElementsAre(HasSubstr("5.")));
}

struct StatusRow {
  const char* name;
  std::vector<lb::health::StatusRange> expect;
  const char* body;
  std::uint16_t status;
};

const StatusRow kStatusRows[] = {
    {"the usual one", {{200, 299}}, "", 200},
    {"the usual one, wherever it stands", {{301, 302}, {100, 500}}, "", 200},
    {"the first", {{404, 404}, {204, 204}}, "", 404},
    {"not an interim one", {{100, 199}, {204, 204}}, "", 204},
    {"one that has a body", {{204, 206}}, "fine", 205},
    {"one that cannot be", {{204, 204}}, "fine", 200},
};

TEST(Checks, AreAnsweredWithAStatusThatPasses) {
  for (const StatusRow& row : kStatusRows) {
    lb::config::HealthCheck check;
    check.path = "/healthz";
    check.expect = row.expect;
    check.body = row.body;
    EXPECT_EQ(answerThatPasses(wishOf(check)), (model::CheckAnswer{"/healthz", row.status, row.body})) << row.name;
  }
}

// Two services with a backend that both ask for the same page.
std::string sharing(const std::string& first, const std::string& second) {
  const auto service = [](const char* name, const std::string& check) {
    return "  - {name: " + std::string(name) + ", domain: " + name +
           ".example.com, hosts: [{address: 10.0.0.1, port: 80}], health_check: {http: {path: /healthz, " + check +
           "}}}\n";
  };
  return "proxy:\n  services:\n" + service("shop", first) + service("api", second);
}

struct SharedRow {
  const char* name;
  const char* first;
  const char* second;
  std::uint16_t status;  // 0: a conflict
};

const SharedRow kSharedRows[] = {
    {"one of many", "expect: [200-299]", "expect: [204]", 204},
    {"one of many, the other way round", "expect: [204]", "expect: [200-299]", 204},
    {"the usual one", "expect: [404, 200]", "expect: [100-500]", 200},
    {"one that has a body", "expect: [204-206]", "expect: [203-299], body: fine", 205},
    {"none", "expect: [200]", "expect: [204]", 0},
    {"none that has a body", "expect: [204]", "body: fine", 0},
    {"one that cannot pass alone either", "expect: [204], body: fine", "expect: [200-299]", 200},
};

TEST(Checks, OfOnePathPassWithOneStatusIfThereIsOne) {
  for (const SharedRow& row : kSharedRows) {
    const auto config = configOf(sharing(row.first, row.second));
    const Layout layout = layOut({&config}, {}, {});
    EXPECT_EQ(layout.conflicts.empty(), row.status != 0) << row.name;
    ASSERT_EQ(layout.sites.size(), 1U) << row.name;
    ASSERT_EQ(layout.sites[0].checks.size(), 1U) << row.name;
    if (row.status != 0) {
      EXPECT_EQ(answerThatPasses(layout.sites[0].checks[0]).status, row.status) << row.name;
    }
  }
}

TEST(Checks, ThatNoAnswerPassesTogetherAreRefused) {
  const std::string config = sharing("expect: [200]", "expect: [204]");
  const auto result = rehearse(configOf(config), scenarioOf("traffic: [{service: shop, rate: 1/s}]", config), 1);
  ASSERT_FALSE(result.has_value());
  EXPECT_THAT(result.error().what, HasSubstr("no answer of 10.0.0.1:80 to GET /healthz passes all health checks"));
}

}  // namespace
}  // namespace sim::rehearse
