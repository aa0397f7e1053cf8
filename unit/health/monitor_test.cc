// Who is left out, for how long, and who comes back how.
#include "unit/health/monitor_fixture.h"

namespace lb::monitor {
namespace {

TEST_F(MonitorTest, FiveFailuresInARowAndItIsOutForAsLongAsSaid) {
  fails_[1] = true;
  start();
  EXPECT_EQ(ask(60)[1], 5) << "five in a row, over both workers";
  EXPECT_EQ(state(1), "ejected");
  EXPECT_TRUE(logged("backend 10.0.1.2:80 of shop is ejected, was up: 5 failures in a row"));
  world_.runFor(7s);
  EXPECT_EQ(ask(12)[1], 0);
  world_.runFor(5s + 10ms);
  EXPECT_EQ(state(1), "half_open");
  EXPECT_EQ(ask(20)[1], 1) << "one on probation, which fails";
  EXPECT_EQ(state(1), "ejected");
  fails_[1] = false;
  world_.runFor(15s);
  EXPECT_EQ(ask(12)[1], 0) << "twice as long";
  world_.runFor(9s + 10ms);
  EXPECT_GT(ask(20)[1], 3);
  EXPECT_EQ(state(1), "up");
}

TEST_F(MonitorTest, WhoIsNotWaitedForAnyMoreDoesNotFreeThePlaceOfTheNext) {
  onProbation();
  EXPECT_EQ(fourMoreWait(), 1);
  world_.runFor(2500ms);
  EXPECT_EQ(fourMoreWait(), 2) << "another request is to show";
  leave(4);  // the first of the two is among them
  world_.runFor(100ms);
  EXPECT_EQ(fourMoreWait(), 2) << "the second one is still on its way";
}

TEST_F(MonitorTest, TheNextOneOnProbationHasAllOfItsTime) {
  onProbation();
  EXPECT_EQ(fourMoreWait(), 1);
  world_.runFor(950ms);
  leave(4);
  world_.runFor(10ms);
  EXPECT_EQ(fourMoreWait(), 2);
  world_.runFor(940ms);
  EXPECT_EQ(fourMoreWait(), 2) << "for less than base_ejection, whatever the one before has taken";
  world_.runFor(1s);
  EXPECT_EQ(fourMoreWait(), 3);
}

TEST_F(MonitorTest, AnotherAnswerEndsTheRow) {
  start();
  for (int i = 0; i < 8; ++i) {
    fails_[1] = i % 2 == 0;
    static_cast<void>(ask(12));  // three each, or two or four
  }
  EXPECT_EQ(state(1), "up");
}

// Streams end when their clients go: the answer has begun, and that is what they say of the backend.
TEST_F(MonitorTest, AnswerThatItsClientLeavesEndsTheRow) {
  shop().hosts.resize(2);
  config_.threads = 1;
  start();
  fails_[1] = true;
  static_cast<void>(ask(8));
  leaveStreams(4);
  fails_[1] = true;
  static_cast<void>(ask(8));
  EXPECT_EQ(state(1), "up") << "four failures, answers, and four again";
  static_cast<void>(ask(2));
  EXPECT_EQ(state(1), "ejected");
}

TEST_F(MonitorTest, StreamOnProbationIsEnoughWhenItHasBegun) {
  shop().hosts.resize(2);
  shop().outlier.base_ejection = 1s;
  config_.threads = 1;
  start();
  fails_[1] = true;
  static_cast<void>(ask(10));
  ASSERT_EQ(state(1), "ejected");
  fails_[1] = false;
  streams_ = true;
  world_.runFor(1300ms);
  ASSERT_EQ(state(1), "half_open");
  std::vector<std::unique_ptr<RawClient>> listening;
  for (int i = 0; i < 4; ++i) listening.push_back(stream());
  world_.runFor(3s);
  EXPECT_EQ(state(1), "up");
  EXPECT_TRUE(logged("half_open: the request on probation is being answered"));
}

// Nor is anybody's place taken by one that is on probation behind it: it is not the ejection that keeps it out.
TEST_F(MonitorTest, WhoIsDownIsNotCountedAmongTheEjected) {
  shop().hosts.resize(3);
  shop().outlier.base_ejection = 1s;
  check();
  shop().health_check.interval = 200ms;
  shop().health_check.timeout = 100ms;
  start();
  fails_[0] = true;
  static_cast<void>(ask(30));
  ASSERT_EQ(state(0), "ejected");
  sick_checks_[0] = true;
  world_.runFor(5s);
  ASSERT_EQ(state(0), "down");
  fails_[1] = true;
  static_cast<void>(ask(30));
  EXPECT_EQ(state(1), "ejected");
}

TEST_F(MonitorTest, ReloadsDoNotPutOffWhatIsJudgedByShares) {
  shop().outlier.consecutive_failures = 0;
  shop().outlier.success_percent = 80;
  shop().outlier.window = 100s;
  start();
  fails_[1] = true;
  static_cast<void>(ask(200));
  for (int i = 0; i < 4; ++i) {
    proxy_->reload(config_);
    world_.runFor(5s);
  }
  EXPECT_EQ(state(1), "ejected");
}

TEST_F(MonitorTest, HalfOfThemAtMostAndNeverTheLast) {
  for (std::size_t i = 0; i < kBackends; ++i) fails_[i] = true;
  start();
  static_cast<void>(ask(100));
  int out = 0;
  for (std::size_t i = 0; i < kBackends; ++i) out += state(i) == "ejected" ? 1 : 0;
  EXPECT_EQ(out, 2);
}

TEST_F(MonitorTest, WhoWasSparedIsNotEjectedLaterForThat) {
  for (const std::size_t number : {0U, 1U, 2U}) fails_[number] = true;
  start();
  static_cast<void>(ask(80));
  std::vector<std::size_t> spared;
  for (const std::size_t number : {0U, 1U, 2U}) {
    if (state(number) == "up") spared.push_back(number);
  }
  ASSERT_EQ(spared.size(), 1U);
  fails_.clear();
  world_.runFor(15s);
  static_cast<void>(ask(40));
  for (std::size_t i = 0; i < kBackends; ++i) EXPECT_EQ(state(i), "up") << i;
}

TEST_F(MonitorTest, APassingCheckDoesNotEndAnEjection) {
  check();
  shop().health_check.interval = 200ms;
  fails_[2] = true;
  start();
  static_cast<void>(ask(40));
  EXPECT_EQ(state(2), "ejected");
  fails_[2] = false;
  checks_.clear();
  world_.runFor(7s);
  EXPECT_GT(checks_[2], 20);
  EXPECT_EQ(ask(12)[2], 0);
}

TEST_F(MonitorTest, ChecksThatFailTakeItOutAndPanicUsesAll) {
  check();
  shop().health_check.interval = 200ms;
  shop().health_check.down_interval = 200ms;
  start();
  EXPECT_EQ(ask(16).size(), 4U);
  sick_checks_[0] = sick_checks_[1] = true;
  world_.runFor(2s);
  EXPECT_EQ(state(0), "down");
  auto got = ask(16);
  EXPECT_EQ(got[0] + got[1], 0);
  sick_checks_[2] = true;
  world_.runFor(2s);
  EXPECT_EQ(ask(16).size(), 4U) << "one of four is less than half";
  EXPECT_TRUE(logged("panic: 1 of 4 backends of shop"));
  EXPECT_EQ(order(admin::BackendOrder::Kind::Drain, 0), 1U);
  got = ask(16);
  EXPECT_EQ(got[0], 0) << "panic does not use what was drained by hand";
  EXPECT_GT(got[1], 0);
  sick_checks_.clear();
  world_.runFor(2s);
  EXPECT_TRUE(logged("the others are spared"));
  EXPECT_EQ(order(admin::BackendOrder::Kind::Enable, 0), 1U);
  EXPECT_EQ(ask(16).size(), 4U);
}

// Also where something was still under way there when it left, so that its state was still known when it came back.
TEST_F(MonitorTest, WeightByHandLeavesWithItsHost) {
  silent_[3] = true;
  start();
  const auto waiting = eightWhoWait();
  world_.runFor(100ms);
  ASSERT_EQ(order(admin::BackendOrder::Kind::Weight, 3, 0), 1U);
  EXPECT_EQ(ask(16).size(), 3U);
  const config::Host gone = shop().hosts.back();
  shop().hosts.pop_back();
  proxy_->reload(config_);
  world_.runFor(100ms);
  shop().hosts.push_back(gone);
  proxy_->reload(config_);
  world_.runFor(100ms);
  silent_[3] = false;
  EXPECT_EQ(ask(16).size(), 4U);
}

TEST_F(MonitorTest, GrayFailureIsFoundWithinFiveSeconds) {
  shop().outlier.success_percent = 80;
  start();
  for (int i = 0; i < 100; ++i) {  // 40 requests a second, ten for each
    static_cast<void>(ask(2));
    world_.runFor(48ms);
  }
  int number = 0;
  const sim::MonoTime begin = world_.now();
  while (state(3) == "up" && world_.now() - begin < 6s) {
    fails_[3] = number++ % 7 < 2;  // about three of ten
    static_cast<void>(ask(2));
    world_.runFor(48ms);
  }
  EXPECT_EQ(state(3), "ejected");
  EXPECT_LE(world_.now() - begin, 5s);
  EXPECT_TRUE(logged("requests succeeded"));
}

TEST_F(MonitorTest, WhatWasBeforeAnEjectionDoesNotJudgeTheProbation) {
  shop().outlier.consecutive_failures = 0;
  shop().outlier.success_percent = 80;
  shop().outlier.base_ejection = 1s;
  start();
  fails_[3] = true;
  const sim::MonoTime begin = world_.now();
  while (state(3) == "up" && world_.now() - begin < 6s) {
    static_cast<void>(ask(2));
    world_.runFor(48ms);
  }
  ASSERT_EQ(state(3), "ejected");
  world_.runFor(1300ms);  // the ejection and its jitter; the window is longer
  EXPECT_EQ(state(3), "half_open");
  world_.runFor(1s);
  EXPECT_EQ(state(3), "half_open") << "nobody has asked it since";
}

TEST_F(MonitorTest, ASlowBackendIsAnOutlier) {
  shop().outlier.latency_factor = 5;
  shop().outlier.min_requests = 5;
  fabric_.setRulesBothWays(proxy_host_, *hosts_[1], {.latency = 20ms});
  start();
  const sim::MonoTime begin = world_.now();
  while (state(1) == "up" && world_.now() - begin < 6s) static_cast<void>(ask(4));
  EXPECT_EQ(state(1), "ejected");
  EXPECT_TRUE(logged("the median backend's"));
  EXPECT_EQ(ask(12)[1], 0);
}

TEST_F(MonitorTest, NobodyIsLeftWithoutPanic) {
  shop().panic_threshold = 0;
  start();
  static_cast<void>(ask(16));
  statuses_.clear();
  for (const auto& backend : backends_) EXPECT_GT(backend->openConnections(), 0U) << "they wait in the pools";
  for (std::size_t i = 0; i < kBackends; ++i) EXPECT_EQ(order(admin::BackendOrder::Kind::Drain, i), 1U);
  world_.runFor(10ms);
  for (const auto& backend : backends_) EXPECT_EQ(backend->openConnections(), 0U);
  static_cast<void>(ask(2));
  EXPECT_THAT(statuses_, ElementsAre(503, 503));
  for (std::size_t i = 0; i < kBackends; ++i) EXPECT_EQ(order(admin::BackendOrder::Kind::Enable, i), 1U);
  EXPECT_EQ(ask(8).size(), 4U);
  EXPECT_EQ(proxy_->control().order({.service = "shop", .backend = "10.0.1.9:80", .weight = {}}), 0U);
  EXPECT_EQ(proxy_->control().order({.service = "none", .backend = "10.0.1.1:80", .weight = {}}), 0U);
}

TEST_F(MonitorTest, OrdersAndEjectionsSurviveAReload) {
  fails_[1] = true;
  start();
  static_cast<void>(ask(40));
  EXPECT_EQ(order(admin::BackendOrder::Kind::Drain, 3), 1U);
  shop().timeouts.connect = 1s;
  proxy_->reload(config_);
  world_.runFor(100ms);
  auto got = ask(12);
  EXPECT_EQ(got[1] + got[3], 0);
  shop().outlier.enabled = false;
  proxy_->reload(config_);
  world_.runFor(100ms);
  EXPECT_GT(ask(12)[1], 0) << "who is not ejected any more by the rules is back";
}

}  // namespace
}  // namespace lb::monitor
