// Expectations: what each line measures on outcomes made by hand, and what is said of lines that are none.
#include <gmock/gmock.h>

#include "sim/rehearse/summary.h"
#include "unit/rehearse/support.h"

namespace sim::rehearse {
namespace {

using testing::HasSubstr;

Layout layout() {
  return scenarioOf("traffic: [{service: shop, rate: 1/s}]").layout;
}
const std::vector<std::string> kStreams{"people", "robots"};

// Ten seconds: a request each 100 ms, to backends 0, 1, 2 in turn, answered after 1, 2, ... 100 ms. Every tenth gets
// lb's 502, the 50th a backend's 503, the 99th nothing. The robots have the second half.
Result hundredRequests() {
  Result result;
  result.duration = 10s;
  for (int i = 0; i < 100; ++i) {
    Outcome outcome{.began = 100ms * i, .took = 1ms * (i + 1), .stream = static_cast<std::uint16_t>(i / 50)};
    outcome.status = 200;
    outcome.answered = Answered::ByBackend;
    outcome.backend = static_cast<std::uint16_t>(i % 3);
    if (i % 10 == 9 && i != 99 && i != 49) {
      outcome.status = 502;
      outcome.answered = Answered::ByProxy;
      outcome.backend = kNoBackend;
      outcome.cause = result.causeOf("connect_failed");
    } else if (i == 49) {
      outcome.status = 503;
      outcome.cause = result.causeOf("backend_503");
    } else if (i == 98) {
      outcome.status = 0;
      outcome.answered = Answered::Not;
      outcome.backend = kNoBackend;
      outcome.cause = result.causeOf("client_gave_up");
    }
    result.outcomes.push_back(outcome);
  }
  return result;
}

struct GoodRow {
  const char* text;
  bool holds;
  double measured;
};

constexpr GoodRow kGoodRows[] = {
    {"p50 < 51ms", true, 0.050},
    {"p50 < 50ms", false, 0.050},
    {"p50 <= 50ms", true, 0.050},
    {"median = 50ms", true, 0.050},
    {"p99 < 100ms", true, 0.099},
    {"p99.5 >= 100ms", true, 0.100},
    {"max<1s", true, 0.100},
    {"mean > 50ms", true, 0.0505},
    {"max < 20ms before 1s", true, 0.010},
    {"max < 20ms between 1s and 2s", false, 0.020},
    {"p50 > 70ms after 5s", true, 0.075},
    {"p50 < 30ms of stream people", true, 0.025},
    {"max < 1s of stream robots before 5s", false, 0},  // nothing to measure
    {"errors < 10%", false, 0.10},
    {"errors <= 10%", true, 0.10},
    {"errors = 10", true, 10},
    {"errors = 0 between 0s and 900ms", true, 0},
    {"proxy errors = 8", true, 8},
    {"backend errors <= 1%", true, 0.01},
    {"unanswered < 1", false, 1},
    {"unanswered <= 1%", true, 0.01},
    {"every request answered", false, 1},
    {"every request answered before 9s", true, 0},
    {"status 502 = 8", true, 8},
    {"status 5xx = 9%", true, 0.09},
    {"status 2xx > 89%", true, 0.90},
    {"reason connect_failed < 8%", false, 0.08},
    {"reason rate_limited = 0", true, 0},
    {"reason backend_503 <= 100%", true, 0.01},
    {"requests = 100", true, 100},
    {"requests > 49 after 5s", true, 50},
    {"requests = 0 of service api", true, 0},
    {"requests per second >= 9", true, 9.0},
    {"requests per second > 9/s before 5s", false, 9.0},
    {"requests = 31 of backend 10.0.0.1:8080", true, 31},
    {"share of 10.0.0.1:8080 < 40%", true, 31.0 / 91},
    {"share of 10.0.0.* = 100%", true, 1},
    {"p99 < 1s of service api", false, 0},
};

TEST(Expectations, MeasureWhatTheySay) {
  const Layout where = layout();
  const Result result = hundredRequests();
  for (const GoodRow& row : kGoodRows) {
    const std::string text = row.text;
    const auto expectation = parseExpectation(text, where, kStreams);
    ASSERT_TRUE(expectation.has_value()) << text << ": " << expectation.error().what;
    const Verdict verdict = judge(*expectation, result, where);
    EXPECT_EQ(verdict.holds, row.holds) << text << " measured " << verdict.shown;
    EXPECT_NEAR(verdict.measured, row.measured, 1e-9) << text;
  }
}

TEST(Expectations, WithoutARequestNothingHolds) {
  const Layout where = layout();
  const auto expectation = parseExpectation("p99 < 1s", where, kStreams);
  const Verdict verdict = judge(*expectation, Result{}, where);
  EXPECT_FALSE(verdict.holds);
  EXPECT_FALSE(verdict.measurable);
  EXPECT_EQ(verdict.shown, "no such request");
}

struct BadRow {
  const char* text;
  const char* complaint;
};

constexpr BadRow kBadRows[] = {
    {"", "is empty"},
    {"p9x < 1s", "\"p9x\" is not a percentile"},
    {"p101 < 1s", "is not a percentile"},
    {"erors < 1%", "did you mean \"errors\"?"},
    {"p99 200ms", "\"200ms\" stands where <, <=, >, >= or = is expected"},
    {"p99 <", "ends where a value is expected"},
    {"p99 < 200", "200 has no unit"},
    {"p99 < 1%", "is not a duration"},
    {"errors < 1ms", "neither a share, such as 0.1%, nor a number"},
    {"share of 10.0.0.1:8080 < 3", "is not a share, such as 40%"},
    {"share of 10.0.0.11:8080 < 3%", "did you mean \"10.0.0.1:8080\"?"},
    {"share 10.0.0.1:8080 < 3%", "\"10.0.0.1:8080\" stands where \"of\" is expected"},
    {"status 99 < 1%", "is not a status, such as 503 or 5xx"},
    {"every request", "ends where \"answered\" is expected"},
    {"p99 < 1s of service shp", "did you mean \"shop\"?"},
    {"p99 < 1s of stream poeple", "did you mean \"people\"?"},
    {"p99 < 1s of shop", "\"shop\" stands where service, stream or backend is expected"},
    {"p99 < 1s between 5s", "ends where \"and\" is expected"},
    {"p99 < 1s between 5s and 5s", "ends before it begins"},
    {"p99 < 1s betwen 5s and 6s", "did you mean \"between\"?"},
    {"reason conect_failed = 0", "did you mean \"connect_failed\"?"},
    {"reason backend_404 = 0", "is no reason that a request fails for"},
    {"reason backend_closed = 0 of backend 10.0.0.1:8080", "only answers of backends have a backend"},
    {"reason backend_5xx = 0", "is no reason that a request fails for"},
    {"every request answered of backend 10.0.0.1:8080", "only answers of backends have a backend"},
    {"proxy errors = 0 of backend 10.0.0.1:8080", "only answers of backends have a backend"},
    {"requests per minute > 5", "\"minute\" stands where \"second\" is expected"},
};

TEST(Expectations, WhatIsNoneIsToldWhy) {
  const Layout where = layout();
  for (const BadRow& row : kBadRows) {
    const auto expectation = parseExpectation(row.text, where, kStreams);
    ASSERT_FALSE(expectation.has_value()) << row.text;
    EXPECT_THAT(expectation.error().what, HasSubstr(row.complaint)) << row.text;
  }
}

TEST(Expectations, TheWorstOfSeveralSeedsIsTheFarthestOnTheWrongSide) {
  const Layout where = layout();
  const auto less = parseExpectation("p99 < 1s", where, kStreams);
  const auto more = parseExpectation("requests per second > 5", where, kStreams);
  const auto measured = [](double value) {
    Verdict verdict;
    verdict.measured = value;
    return verdict;
  };
  Verdict unmeasurable;
  unmeasurable.measurable = false;
  EXPECT_GT(badness(*less, measured(2)), badness(*less, measured(1.5)));
  EXPECT_GT(badness(*more, measured(1)), badness(*more, measured(4)));
  EXPECT_GT(badness(*less, unmeasurable), badness(*less, measured(100)));
}

TEST(Summary, CountsByServiceBackendAndReason) {
  const Scenario scenario = scenarioOf("traffic: [{service: shop, rate: 1/s}]");
  const Summary summary = summarize(hundredRequests(), scenario);
  EXPECT_EQ(summary.all.requests, 100U);
  EXPECT_EQ(summary.all.errors, 10U);
  EXPECT_EQ(summary.all.causes.front(), std::pair(std::string("connect_failed"), std::size_t{8}));
  ASSERT_EQ(summary.services.size(), 2U);
  EXPECT_EQ(summary.services[1].all.requests, 0U);
  EXPECT_FALSE(summary.services[1].all.latency.has_value());
  ASSERT_EQ(summary.services[0].backends.size(), 3U);
  const auto& backend = summary.services[0].backends[0];
  EXPECT_EQ(backend.requests, 31U);
  EXPECT_NEAR(*backend.share, 31.0 / 91, 1e-9);
  EXPECT_NEAR(backend.per_second, 3.1, 1e-9);
  EXPECT_NEAR(backend.latency->max, 0.100, 1e-9);
}

}  // namespace
}  // namespace sim::rehearse
