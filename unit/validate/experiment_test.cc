// Experiments notice what is wrong: each row here is one that must fail.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/validate/pick_experiment.h"
#include "sim/validate/queue_experiment.h"
#include "sim/validate/theory.h"

namespace sim::validate {
namespace {

using lb::config::Balance;
using testing::HasSubstr;

QueueExperiment sound() {
  QueueExperiment row{.id = "T", .what = "sound", .load = 0.5, .servers = 10, .time = 3000};
  row.service.balance = Balance::Random;
  row.expectations = {{Figure::MeanTime, timeInMM1(0.5), 0.03}};
  return row;
}
Verdict verdictOf(const QueueExperiment& row) {
  return run(row, {}).at(0);
}

TEST(Experiment, PassesWhenTheWorldIsAsExpected) {
  const Verdict verdict = verdictOf(sound());
  EXPECT_TRUE(verdict.passed()) << verdict.measured << verdict.spoilt;
  EXPECT_GT(verdict.requests, 15'000U);
}

TEST(Experiment, NoticesAnotherPolicy) {
  QueueExperiment row = sound();
  row.service.balance = Balance::RoundRobin;
  const Verdict verdict = verdictOf(row);
  EXPECT_EQ(verdict.spoilt, "");
  EXPECT_LT(verdict.measured, verdict.low);
}

TEST(Experiment, NoticesAnotherLawOfService) {
  QueueExperiment row = sound();
  row.law = Law::Constant;
  EXPECT_LT(verdictOf(row).measured, verdictOf(row).low);
}

TEST(Experiment, NoticesOtherArrivals) {
  QueueExperiment row = sound();
  row.servers = 1;
  row.time = 30'000;
  row.arrivals = model::Arrivals::Kind::Regular;
  EXPECT_LT(verdictOf(row).measured, verdictOf(row).low);
}

TEST(Experiment, IsNothingWhenItIsTooShort) {
  QueueExperiment row = sound();
  row.time = 30;
  EXPECT_THAT(verdictOf(row).spoilt, HasSubstr("too short"));
  EXPECT_FALSE(verdictOf(row).passed());
}

TEST(Experiment, IsSpoiltByAnAnswerThatIsNone) {
  QueueExperiment row = sound();
  row.queue_max = 0;
  EXPECT_THAT(verdictOf(row).spoilt, HasSubstr("status 503"));
  EXPECT_FALSE(verdictOf(row).passed());
}

TEST(Experiment, CountsLossesWhenTheyAreAskedFor) {
  QueueExperiment row = sound();
  row.servers = 1;
  row.slots = 10;
  row.queue_max = 0;
  row.expectations = {{Figure::Lost, erlangB(10, 5), 0.03}};
  row.time = 20'000;
  EXPECT_TRUE(verdictOf(row).passed()) << verdictOf(row).measured << verdictOf(row).spoilt;
  row.expectations = {{Figure::Lost, erlangB(10, 6), 0.03}};
  EXPECT_FALSE(verdictOf(row).passed());
}

TEST(Experiment, CountsWhoWaitsInTheProxyWhenThatIsAskedFor) {
  QueueExperiment row = sound();
  row.servers = 4;
  row.load = 0.7;
  row.service.limits.max_inflight = 1;
  row.service.limits.queue = {.max = 1'000'000, .timeout = std::chrono::hours(24)};
  row.expectations = {{Figure::Waits, erlangC(4, 0.7), 0.03}};
  row.time = 10'000;
  EXPECT_TRUE(verdictOf(row).passed()) << verdictOf(row).measured << verdictOf(row).spoilt;
  row.expectations = {{Figure::Waits, erlangC(4, 0.8), 0.03}};
  EXPECT_FALSE(verdictOf(row).passed());
}

TEST(Experiment, IsTheSameForTheSameSeed) {
  EXPECT_EQ(verdictOf(sound()).measured, verdictOf(sound()).measured);
  EXPECT_NE(verdictOf(sound()).measured, run(sound(), {.seed = 2}).at(0).measured);
}

TEST(Validation, KnowsItsExperiments) {
  EXPECT_THAT(experimentIds(), testing::IsSupersetOf({"V1", "V3", "V4", "V7", "V8", "V10", "V11"}));
  EXPECT_FALSE(validate({.only = "V99"}, [](const Verdict&) {}));
  std::vector<Verdict> verdicts;
  EXPECT_TRUE(validate({.only = "V11"}, [&](const Verdict& one) { verdicts.push_back(one); }));
  EXPECT_EQ(verdicts.size(), 3U);
}

}  // namespace
}  // namespace sim::validate
