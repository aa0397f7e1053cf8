// Whole replays through the proxy: what is recorded happens again, and another configuration makes a difference.
#include <gmock/gmock.h>

#include <sstream>

#include "sim/rehearse/document.h"
#include "sim/rehearse/rehearse.h"
#include "sim/replay/command.h"
#include "unit/replay/support.h"

namespace sim::replay {
namespace {

using lb::observe::Reason;
using lb::observe::Record;
using rehearse::Answered;
using rehearse::Outcome;

struct Played {
  rehearse::Rehearsed all;
  [[nodiscard]] const std::vector<Outcome>& outcomes() const { return all.shown.outcomes; }
  [[nodiscard]] const Outcome& first() const { return all.shown.outcomes.front(); }
  [[nodiscard]] std::string cause() const { return all.shown.causes[first().cause]; }
};

Played play(const std::vector<Record>& records, std::string_view yaml = kConfig, std::uint64_t seed = 1) {
  const lb::config::Config config = configOf(yaml);
  std::stringstream text;
  for (const Record& record : records) text << textOf(record) << "\n";
  auto log = readLog(text, "log", config, {});
  EXPECT_TRUE(log.has_value());
  Played played{{scenarioOf(*log), "config", "log", {}, {}, {}}};
  played.all.recorded = log->recorded;
  played.all.recorded->duration = played.all.scenario.duration;
  auto result = rehearse::rehearse(config, played.all.scenario, seed);
  EXPECT_TRUE(result.has_value());
  rehearse::add(played.all, std::move(*result));
  EXPECT_EQ(played.all.shown.violation, "");
  EXPECT_EQ(played.outcomes().size(), played.all.recorded->outcomes.size()) << "every request has one end";
  return played;
}

constexpr std::string_view kImpatient = R"(
proxy: {services: [{name: shop, domain: shop.example.com, timeouts: {response_header: 10ms},
  hosts: [{address: 10.0.0.1, port: 80}]}]}
)";
constexpr std::string_view kOther = R"(
proxy: {services: [{name: shop, domain: other.example.com, hosts: [{address: 10.0.0.1, port: 80}]}]}
)";

TEST(ReplayPlay, AnAnswerTakesTheTimeThatItTook) {
  const Played played = play({goodRecord()});
  EXPECT_EQ(played.first().status, 200);
  EXPECT_EQ(played.first().answered, Answered::ByBackend);
  EXPECT_GE(played.first().took, 25ms);
  EXPECT_LT(played.first().took, 26ms);
}

TEST(ReplayPlay, EveryMethodStatusAndSizeGoesThrough) {
  std::vector<Record> records;
  std::vector<int> statuses;
  for (const char* method : {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "BREW"}) {
    for (const int status : {200, 204, 301, 304, 404, 500}) {
      for (const int bytes : {0, 167, 168, 100'000}) {
        Record record = goodRecord(std::chrono::milliseconds(records.size()));
        record.method_text = method;
        record.code = static_cast<std::uint16_t>(status);
        record.bytes_in = record.bytes_out = static_cast<std::uint64_t>(bytes);
        records.push_back(record);
        statuses.push_back(status);
      }
    }
  }
  const Played played = play(records);
  std::vector<int> seen;
  for (const Outcome& outcome : played.outcomes()) {
    seen.push_back(outcome.status);
    EXPECT_EQ(outcome.answered, Answered::ByBackend);
    EXPECT_GE(outcome.took, 20ms);
  }
  EXPECT_THAT(seen, ::testing::UnorderedElementsAreArray(statuses));
}

TEST(ReplayPlay, WhatFailedFailsAgainForTheSameReason) {
  for (const Reason reason : {Reason::BackendClosed, Reason::BadBackendResponse, Reason::BackendTimeout}) {
    Record record = ownAnswer(reason, reason == Reason::BackendTimeout ? 504 : 502);
    record.method_text = "POST";
    const Played played = play({record});
    EXPECT_EQ(played.cause(), toString(reason));
    EXPECT_EQ(played.first().status, record.code);
    EXPECT_GE(played.first().took, 26ms);
  }
}

TEST(ReplayPlay, AnAnswerThatWasCutIsCutAgain) {
  Record record = goodRecord();
  record.reason = Reason::BackendClosed;
  const Played played = play({record});
  EXPECT_EQ(played.cause(), "connection_lost");
  EXPECT_EQ(played.first().answered, Answered::Not);
}

TEST(ReplayPlay, AClientThatLeftLeavesAgainAndInTime) {
  Record record = goodRecord();
  record.aborted = lb::observe::AbortPhase::Response;
  const Played played = play({record, goodRecord(1s)});
  EXPECT_EQ(played.cause(), "client_gave_up");
  EXPECT_GE(played.first().took, 26ms);
  EXPECT_LT(played.first().took, 27ms);
  EXPECT_EQ(played.outcomes().back().status, 200) << "the one behind it is none of its business";
}

TEST(ReplayPlay, ALongAnswerComesAllTheTimeUntilItsClientLeaves) {
  Record record = goodRecord();
  record.aborted = lb::observe::AbortPhase::Response;
  record.phases.total = 1h;
  record.phases.backend_receive = lb::observe::kUnknown;
  record.time.since_epoch += 1h;
  const Played played = play({record});
  EXPECT_EQ(played.cause(), "client_gave_up");
  EXPECT_GE(played.first().took, 1h);
}

TEST(ReplayPlay, AClientThatLeftBeforeAnyAnswerLeavesAgain) {
  Record record = ownAnswer(Reason::None, lb::observe::kClientGone);
  record.aborted = lb::observe::AbortPhase::Wait;
  const Played played = play({record, goodRecord(1s)});
  EXPECT_EQ(played.cause(), "client_gave_up");
  EXPECT_GE(played.first().took, 26ms);
  EXPECT_LT(played.first().took, 27ms);
  EXPECT_EQ(played.outcomes().back().status, 200);
}

TEST(ReplayPlay, EachAddressOfANameHasItsOwnLimits) {
  const Played played = play({from("10.0.1.1", goodRecord()), from("10.0.1.2", goodRecord())}, kNamed);
  for (const Outcome& outcome : played.outcomes()) {
    EXPECT_EQ(outcome.status, 200);
    EXPECT_LT(outcome.took, 30ms) << "it has not waited for the other one";
  }
  EXPECT_NE(played.outcomes().front().backend, played.outcomes().back().backend);
}

TEST(ReplayPlay, BothRowsOfAServiceCountTheSameRequests) {
  const Played played = play(
      {goodRecord(), routed(goodRecord(1s)), routed(ownAnswer(Reason::ConnectFailed, 502, 2s)), routed(goodRecord(3s))},
      kRouted);
  std::vector<int> services, recorded, statuses;
  for (const Outcome& outcome : played.outcomes()) services.push_back(outcome.service);
  for (const Outcome& outcome : played.all.recorded->outcomes) recorded.push_back(outcome.service);
  for (const Outcome& outcome : played.outcomes()) statuses.push_back(outcome.status);
  EXPECT_THAT(services, ::testing::ElementsAre(0, 1, 1, 1));
  EXPECT_EQ(recorded, services);
  EXPECT_THAT(statuses, ::testing::ElementsAre(200, 200, 502, 200));
}

// The log has no fields of requests: the route is not taken again, and the request counts where it did.
TEST(ReplayPlay, BothRowsCountTheSameWhereARouteLooksAtFields) {
  std::string by_field(kRouted);
  const std::string_view by_path = "path_prefix: /api";
  by_field.replace(by_field.find(by_path), by_path.size(), "headers: {X-Beta: {present: true}}");
  const Played played = play({routed(goodRecord())}, by_field);
  EXPECT_EQ(played.first().service, 1);
  EXPECT_EQ(played.all.recorded->outcomes.front().service, 1);
  EXPECT_EQ(played.first().status, 200);
}

TEST(ReplayPlay, AnotherTimeoutMakesADifference) {
  const Played played = play({goodRecord()}, kImpatient);
  EXPECT_EQ(played.cause(), "backend_timeout");
  EXPECT_GE(played.first().took, 10ms);
  EXPECT_LT(played.first().took, 12ms);
}

TEST(ReplayPlay, AHostThatTheConfigurationDoesNotKnowGetsNoRoute) {
  const Played played = play({goodRecord()}, kOther);
  EXPECT_EQ(played.cause(), "no_route");
  EXPECT_EQ(played.first().status, 404);
  EXPECT_EQ(played.all.scenario.layout.services[played.first().service], "_none");
}

TEST(ReplayPlay, AHostThatItNowKnowsIsServed) {
  const Played played = play({ownAnswer(Reason::NoRoute, 404)});
  EXPECT_EQ(played.first().status, 200);
  EXPECT_EQ(played.all.recorded->causes[played.all.recorded->outcomes.front().cause], "no_route");
}

TEST(ReplayPlay, AnOutageHappensAgain) {
  std::vector<Record> records{goodRecord()};
  for (const lb::Duration at : {1s, 2s, 3s}) records.push_back(ownAnswer(Reason::ConnectFailed, 502, at));
  records.push_back(goodRecord(5s));
  const Played played = play(records);
  std::vector<int> statuses;
  for (const Outcome& outcome : played.outcomes()) statuses.push_back(outcome.status);
  EXPECT_THAT(statuses, ::testing::ElementsAre(200, 502, 502, 502, 200));
}

// The log does not tell of checks; backends answer those of the configuration as it wants them to, while they are up.
TEST(ReplayPlay, ChecksAreAnsweredUnlessThereIsAnOutage) {
  constexpr std::string_view kChecked = R"(
proxy: {services: [{name: shop, domain: shop.example.com, hosts: [{address: 10.0.0.1, port: 80}],
  health_check: {http: {path: /healthz, body: fine}, interval: 100ms, fall: 1, rise: 1}}]}
)";
  std::vector<Record> records;
  for (int i = 0; i < 50; ++i) records.push_back(goodRecord(i * 100ms));
  EXPECT_THAT(play(records, kChecked).all.shown.log, ::testing::IsEmpty());
  for (int i = 10; i < 20; ++i) records[static_cast<std::size_t>(i)] = ownAnswer(Reason::ConnectFailed, 502, i * 100ms);
  const Played played = play(records, kChecked);
  EXPECT_THAT(played.all.shown.log, ::testing::Contains(::testing::HasSubstr("is down, was up: a check failed")));
  EXPECT_EQ(played.outcomes().back().status, 200);
}

TEST(ReplayPlay, SameLogConfigurationAndSeedIsTheSameToTheByte) {
  std::vector<Record> records;
  for (int i = 0; i < 300; ++i) {
    Record record = goodRecord(i * 700us);
    record.host = i % 3 == 0 ? "shop.example.com" : "x.api.example.com";
    record.phases.wait = (i % 7) * 5ms;
    if (i % 11 == 0) record = ownAnswer(Reason::BackendClosed, 502, i * 700us);
    records.push_back(record);
  }
  const std::string once = rehearse::document(play(records, kConfig, 7).all);
  EXPECT_EQ(once, rehearse::document(play(records, kConfig, 7).all));
  EXPECT_NE(once, rehearse::document(play(records, kConfig, 8).all));
}

}  // namespace
}  // namespace sim::replay
