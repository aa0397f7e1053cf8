// The second opinion on health, told stories by hand: it keeps still where all is right, and says what is wrong.
#include "sim/check/health_watch.h"

#include <gtest/gtest.h>

#include "lb/config/defaults.h"

namespace sim::check {
namespace {

using namespace std::chrono_literals;

class HealthWatchTest : public testing::Test {
 protected:
  HealthWatchTest() {
    scenario_.backends.resize(4);
    scenario_.config = lb::config::defaultConfig();
    scenario_.config.access_log.format = lb::config::LogFormat::Json;
    lb::config::Service service;
    service.name = "s0";
    for (std::uint32_t i = 0; i < 4; ++i)
      service.hosts.push_back({.address = plan::backendIp(i), .port = plan::kBackendPort, .place = {}});
    service.health_check.enabled = true;
    service.outlier.success_percent = 50;
    service.outlier.min_requests = 5;
    service.outlier.latency_factor = 3;
    scenario_.config.services = {service};
    watch_.configure(scenario_.config, at(0s));
  }
  static MonoTime at(Duration time) { return MonoTime{World::kStart} + time; }
  std::string line(std::uint32_t backend, const std::string& rest, Duration when) {
    return watch_.onLine("backend " + plan::backendIp(backend) + ":80 of s0 " + rest, at(when),
                         [](const std::string&) { return std::size_t{0}; });
  }
  std::string mood(const std::string& text, Duration when) {
    return watch_.onLine(text, at(when), [](const std::string&) { return std::size_t{0}; });
  }
  std::string eject(std::uint32_t backend, Duration when, const std::string& seconds = "10.000") {
    return line(backend, "is ejected, was up: 3 of 9 requests succeeded; out for " + seconds + " s", when);
  }
  std::string request(std::uint32_t backend, std::uint64_t id, Duration started) {
    return watch_.onRequest("s0", backend, {.request = id, .started = at(started), .now = at(started)},
                            [&](std::uint64_t) { return over_; });
  }

  plan::Scenario scenario_;
  Marks marks_;
  Troubles troubles_;
  HealthWatch watch_{scenario_, marks_, troubles_};
  bool over_ = false;
};

TEST_F(HealthWatchTest, AWholeEjectionIsRight) {
  EXPECT_EQ(request(1, 1, 1s), "");
  EXPECT_EQ(eject(1, 2s), "");
  EXPECT_NE(request(1, 2, 3s), "");
  EXPECT_EQ(line(1, "is half_open, was ejected: one request is to show", 12s), "");
  EXPECT_EQ(request(1, 3, 13s), "");
  EXPECT_NE(request(1, 4, 14s), "") << "the first is not over";
  over_ = true;
  EXPECT_EQ(request(1, 5, 15s), "");
  EXPECT_EQ(line(1, "is up, was half_open: the request on probation succeeded", 16s), "");
  EXPECT_EQ(request(1, 6, 17s), "");
  EXPECT_TRUE(watch_.allUp("s0"));
}

TEST_F(HealthWatchTest, LengthsDoubleWithTwentyPercent) {
  EXPECT_EQ(eject(1, 1s, "12.000"), "");
  EXPECT_EQ(line(1, "is half_open, was ejected: one request is to show", 13s), "");
  EXPECT_NE(line(1, "is ejected, was half_open: the request on probation failed; out for 12.100 s", 14s), "");
  EXPECT_NE(eject(2, 1s, "7.900"), "");
}

TEST_F(HealthWatchTest, NotTooManyNotTheLastNotTooEarlyBack) {
  EXPECT_EQ(eject(0, 1s), "");
  EXPECT_NE(line(0, "is half_open, was ejected: one request is to show", 5s), "");
  EXPECT_EQ(eject(1, 1s), "");
  EXPECT_NE(eject(2, 1s), "") << "half of them are out";
}

TEST_F(HealthWatchTest, RowsAreCounted) {
  EXPECT_NE(line(1, "is ejected, was up: 5 failures in a row; out for 10.000 s", 1s), "");
  for (int i = 0; i < 5; ++i)
    watch_.onEnd("s0", plan::backendIp(2) + ":80", {.attempts = 1, .head = at(1s), .now = at(1s)});
  EXPECT_EQ(line(2, "is ejected, was up: 5 failures in a row; out for 10.000 s", 2s), "");
}

TEST_F(HealthWatchTest, ChecksAndEjectionsStandByThemselves) {
  EXPECT_EQ(line(1, "is down, was up: a check failed (status 503)", 1s), "");
  EXPECT_NE(request(1, 1, 2s), "");
  EXPECT_EQ(line(1, "is up, was down: a check passed (status 200)", 3s), "");
  EXPECT_EQ(request(1, 2, 4s), "");
  EXPECT_EQ(eject(1, 5s), "");
  EXPECT_NE(line(1, "is up, was ejected: a check passed (status 200)", 6s), "");
}

TEST_F(HealthWatchTest, ChecksInARowTakeTheirTime) {
  EXPECT_EQ(line(1, "is down, was up: a check failed (status 503)", 1s), "");
  EXPECT_NE(line(1, "is up, was down: a check passed (status 200)", 2s), "") << "two of them take two seconds";
  EXPECT_EQ(line(2, "is down, was up: a check failed (status 503)", 1s), "");
  EXPECT_EQ(line(2, "is up, was down: a check passed (status 200)", 4s), "");
  EXPECT_NE(line(2, "is down, was up: a check failed (status 503)", 9s), "") << "three of them take ten seconds";
  EXPECT_EQ(line(3, "is down, was up: a check failed (status 503)", 1s), "");
  watch_.configure(scenario_.config, at(1s));
  EXPECT_EQ(line(3, "is up, was down: a check passed (status 200)", 2s), "") << "a reload may have begun anew";
}

TEST_F(HealthWatchTest, WhatRequestsHaveShownHasToBeWorthAnEjection) {
  EXPECT_NE(line(0, "is ejected, was up: 0 of 4 requests succeeded; out for 10.000 s", 1s), "") << "too few";
  EXPECT_NE(line(1, "is ejected, was up: 5 of 9 requests succeeded; out for 10.000 s", 1s), "") << "that is half";
  EXPECT_NE(line(2, "is ejected, was up: answers take 29.0 ms, the median backend's 10.0 ms; out for 10.000 s", 1s),
            "");
  watch_.configure(scenario_.config, at(1s));
  EXPECT_EQ(line(3, "is ejected, was up: answers take 31.0 ms, the median backend's 10.0 ms; out for 10.000 s", 2s),
            "");
}

TEST_F(HealthWatchTest, WeightZeroByHandGetsNothing) {
  EXPECT_EQ(line(1, "has weight 0 by hand", 1s), "");
  EXPECT_NE(request(1, 1, 2s), "");
  EXPECT_EQ(line(1, "has its configured weight", 3s), "");
  EXPECT_EQ(request(1, 2, 4s), "");
  EXPECT_EQ(line(1, "has weight 5 by hand", 5s), "");
  EXPECT_EQ(request(1, 3, 6s), "");
}

TEST_F(HealthWatchTest, PanicExcusesAllButWhatWasDrained) {
  for (const std::uint32_t backend : {0U, 1U, 2U})
    EXPECT_EQ(line(backend, "is down, was up: a check failed (refused)", 1s), "");
  EXPECT_EQ(mood("panic: 1 of 4 backends of s0 can be used, less than 50 %: all are used", 1s), "");
  EXPECT_EQ(request(0, 1, 2s), "");
  EXPECT_EQ(line(3, "is drained, was up: drained by hand", 3s), "");
  EXPECT_NE(request(3, 2, 4s), "");
  EXPECT_FALSE(watch_.nobodyLeft("s0", at(0s))) << "there is panic";
}

TEST_F(HealthWatchTest, PanicIsMissedWhereItHasToBe) {
  EXPECT_EQ(request(0, 1, 3s), "");
  for (const std::uint32_t backend : {0U, 1U, 2U})
    EXPECT_EQ(line(backend, "is down, was up: a check failed (refused)", 4s), "");
  EXPECT_NE(request(3, 2, 5s), "") << "one of four is left, and the log has said nothing";
}

TEST_F(HealthWatchTest, InTheCalmNobodyHasAReason) {
  watch_.setCalm(true);
  EXPECT_NE(line(1, "is down, was up: a check failed (status 503)", 1s), "");
  EXPECT_NE(eject(2, 1s), "");
}

TEST_F(HealthWatchTest, WhoIsSickIsMissed) {
  for (int i = 0; i < 10; ++i) watch_.onHangUp("s0", 1, at(2s));
  EXPECT_EQ(request(1, 1, 2500ms), "") << "it may be on its way";
  EXPECT_NE(request(1, 2, 4s), "");
}

}  // namespace
}  // namespace sim::check
