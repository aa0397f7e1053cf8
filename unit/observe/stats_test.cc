// /stats and the shutdown log.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "unit/observe/fixtures.h"

namespace lb::observe {
namespace {

using nlohmann::json;

class Stats : public testing::Test {
 protected:
  json stats(MonoTime now = at(1s)) { return json::parse(telemetry_.statsJson(now)); }
  void bookMany() {
    for (int i = 0; i < 1000; ++i) {
      Record record = answeredRecord();
      record.phases.total = i < 990 ? 1ms : i < 999 ? 100ms : 2s;
      const StatsView& view = views_[static_cast<std::size_t>(i) % 2];
      book(record, at(1s), *view.services[0], view.backends[0][0].get());
      bookAttempt(AttemptResult::Ok, 200, *view.backends[0][0]);
    }
  }

  Telemetry telemetry_{2, testBuild()};
  std::vector<StatsView> views_ = telemetry_.apply(configWith({kServiceName}));
};

TEST_F(Stats, OfNothingAreAllZero) {
  const json read = stats();
  ASSERT_EQ(read["services"].size(), 2U);
  EXPECT_EQ(read["services"][0]["service"], kServiceName);
  EXPECT_EQ(read["services"][1]["service"], "_none");
  EXPECT_EQ(read["services"][0]["requests"], 0);
  EXPECT_EQ(read["services"][0]["request_ms"]["p99.9"], 0);
  EXPECT_EQ(read["services"][0]["own_errors"], json::object());
  EXPECT_EQ(read["services"][0]["backends"].size(), 2U);
  EXPECT_EQ(read["services"][1]["backends"], json::array());
  EXPECT_EQ(read["totals"]["requests"], 0);
}

TEST_F(Stats, GivePercentilesAndTheMaximumInMilliseconds) {
  bookMany();
  const json latency = stats()["services"][0]["request_ms"];
  EXPECT_NEAR(latency["p50"], 1, 0.01);
  EXPECT_NEAR(latency["p99"], 1, 0.01);
  EXPECT_NEAR(latency["p99.9"], 100, 1);
  EXPECT_EQ(latency["max"], 2000);
  EXPECT_EQ(stats()["services"][0]["overhead_ms"]["max"], 0.05);
  EXPECT_EQ(stats()["services"][0]["request_max_last_minute_ms"], 2000);
  EXPECT_EQ(stats(at(80s))["services"][0]["request_max_last_minute_ms"], 0);
  EXPECT_EQ(stats(at(80s))["services"][0]["request_ms"]["max"], 2000);
}

TEST_F(Stats, TellOurErrorsFromTheBackendsAndFromAborts) {
  ServiceStats& service = *views_[0].services[0];
  Record record = answeredRecord();
  for (const std::uint16_t code : std::initializer_list<std::uint16_t>{200, 404, 500, 503}) {
    record.code = code;
    book(record, at(1s), service, nullptr);
  }
  record.origin = Origin::Proxy;
  record.code = 504;
  record.reason = Reason::BackendTimeout;
  book(record, at(1s), service, nullptr);
  record.code = 499;
  record.aborted = AbortPhase::Wait;
  book(record, at(1s), service, nullptr);
  Record own = unroutedRecord();
  own.code = 200;
  own.reason = Reason::None;
  book(own, at(1s), service, nullptr);
  service.inflight_requests.add(4);
  const json read = stats()["services"][0];
  EXPECT_EQ(read["requests"], 7);
  EXPECT_EQ(read["errors"], (json{{"backend", 2}, {"proxy", 1}}));
  EXPECT_EQ(read["own_errors"], (json{{"backend_timeout", 1}}));
  EXPECT_EQ(read["aborts"], (json{{"request", 0}, {"wait", 1}, {"response", 0}}));
  EXPECT_EQ(read["in_flight"], 4);
}

TEST_F(Stats, AddWorkersAndServicesUp) {
  bookMany();
  book(unroutedRecord(), at(1s), *views_[1].none, nullptr);
  views_[0].worker->connections_open.add(3);
  views_[1].worker->connections_accepted.add(8);
  const json read = stats();
  EXPECT_EQ(read["services"][0]["requests"], 1000);
  EXPECT_EQ(read["totals"]["requests"], 1001);
  EXPECT_EQ(read["totals"]["own_errors"], (json{{"no_route", 1}}));
  EXPECT_EQ(read["totals"]["request_ms"]["max"], 2000);
  EXPECT_EQ(read["totals"]["client_connections_open"], 3);
  EXPECT_EQ(read["totals"]["client_connections_accepted"], 8);
}

TEST_F(Stats, OfBackends) {
  bookMany();
  BackendStats& backend = *views_[0].backends[0][0];
  bookAttempt(AttemptResult::ConnectError, 0, backend);
  backend.inflight_requests.add(2);
  backend.connections_active.add(2);
  backend.connections_idle.add(1);
  backend.connections_opened.add(6);
  backend.connections_reused.add(5);
  backend.connections_stale_reuse.add(4);
  const json read = stats()["services"][0]["backends"][0];
  EXPECT_EQ(read["backend"], kBackendName);
  EXPECT_EQ(read["attempts"]["ok"], 1000);
  EXPECT_EQ(read["attempts"]["connect_error"], 1);
  EXPECT_EQ(read["in_flight"], 2);
  EXPECT_EQ(read["connections"], (json{{"active", 2}, {"idle", 1}, {"opened", 6}, {"reused", 5}, {"stale", 4}}));
}

TEST_F(Stats, AreOneLineAService) {
  bookMany();
  EXPECT_THAT(telemetry_.summaryLines(),
              testing::ElementsAre(
                  "my-service: 1000 requests, 0 own errors, 0 backend errors, 0 clients gone, duration p50 1.004ms p99 "
                  "1.004ms p99.9 100.139ms 100% 2000ms, overhead p50 0.05ms p99 0.05ms p99.9 0.05ms 100% 0.05ms",
                  "_none: 0 requests, 0 own errors, 0 backend errors, 0 clients gone"));
}

}  // namespace
}  // namespace lb::observe
