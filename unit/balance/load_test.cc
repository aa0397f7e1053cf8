// The policies that go by what backends have to do.
#include "lb/balance/least_request.h"
#include "lb/balance/two_choices.h"
#include "unit/balance/fleet.h"

namespace lb::balance {
namespace {

using namespace std::chrono_literals;

MonoTime at(Duration time) {
  return {1h + time};
}

TEST(LeastRequest, TakesTheLeastAndDrawsAmongEquals) {
  FixedSeed random;
  LeastRequest policy(random);
  Fleet fleet(std::size_t{4});
  fleet.inflight(0) = 3;
  fleet.inflight(2) = 1;
  const auto counts = fleet.count(policy, 10'000);
  EXPECT_EQ(counts[0] + counts[2], 0U);
  EXPECT_LT(chiSquare({counts[1], counts[3]}, {5000, 5000}), 23.9);
  const std::vector<std::size_t> without{1, 3};
  EXPECT_EQ(fleet.pick(policy, {.without = without}), 2U);
}

TEST(LeastRequest, FillsByWeight) {
  FixedSeed random;
  LeastRequest policy(random);
  Fleet fleet({1, 3});
  for (int i = 0; i < 400; ++i) ++fleet.inflight(fleet.pick(policy));
  EXPECT_NEAR(fleet.inflight(0), 100, 1);
  EXPECT_NEAR(fleet.inflight(1), 300, 1);
}

TEST(LeastRequest, TiesGoByWeight) {
  FixedSeed random;
  LeastRequest policy(random);
  EXPECT_LT(chiSquare(Fleet({1, 3}).count(policy, 10'000), {2500, 7500}), 23.9);
}

TEST(TwoChoices, NeverTakesTheWorstAndOtherwiseTheBetterOfTwo) {
  FixedSeed random;
  TwoChoices policy(random, TwoChoices::By::Requests);
  Fleet fleet(std::size_t{3});
  fleet.inflight(0) = 9;
  fleet.inflight(1) = 5;
  const auto counts = fleet.count(policy, 9000);
  EXPECT_EQ(counts[0], 0U);
  // Of three pairs two have the best.
  EXPECT_LT(chiSquare({counts[1], counts[2]}, {3000, 6000}), 23.9);
}

TEST(TwoChoices, EqualLoadsAreDrawn) {
  FixedSeed random;
  TwoChoices policy(random, TwoChoices::By::Requests);
  EXPECT_LT(chiSquare(Fleet(10).count(policy, 100'000), std::vector<double>(10, 10'000)), 46.0);
}

TEST(TwoChoices, KeepsToThoseThatAreLeft) {
  FixedSeed random;
  TwoChoices policy(random, TwoChoices::By::Requests);
  Fleet fleet(std::size_t{3});
  const std::vector<std::size_t> one{1};
  const auto counts = fleet.count(policy, 100, {.without = one});
  EXPECT_EQ(counts[1], 0U);
  EXPECT_GT(counts[0], 0U);
  const std::vector<std::size_t> two{0, 1};
  EXPECT_EQ(fleet.pick(policy, {.without = two}), 2U);
}

TEST(TwoChoices, SingleBackendIsTaken) {
  FixedSeed random;
  for (const auto by : {TwoChoices::By::Requests, TwoChoices::By::Latency}) {
    TwoChoices policy(random, by);
    EXPECT_EQ(Fleet(1).pick(policy), 0U);
  }
}

TEST(TwoChoices, ByLatencyWeighsWhatIsWaited) {
  FixedSeed random;
  TwoChoices policy(random, TwoChoices::By::Latency);
  Fleet fleet(std::size_t{2});
  fleet.latency(0).observe(10ms, at(0s));
  fleet.latency(1).observe(50ms, at(0s));
  EXPECT_EQ(fleet.pick(policy, {.now = at(0s)}), 0U);
  fleet.inflight(0) = 5;  // six times 10 ms are more than 50
  EXPECT_EQ(fleet.pick(policy, {.now = at(0s)}), 1U);
}

TEST(TwoChoices, ByLatencyWhoIsNewIsTriedWithOneRequest) {
  FixedSeed random;
  TwoChoices policy(random, TwoChoices::By::Latency);
  Fleet fleet(std::size_t{2});
  fleet.latency(0).observe(10ms, at(0s));
  EXPECT_EQ(fleet.pick(policy, {.now = at(0s)}), 1U);
  fleet.inflight(1) = 1;
  EXPECT_EQ(fleet.pick(policy, {.now = at(0s)}), 0U);
}

// What it is remembered by has decayed to nothing, and any number of requests times nothing is the least.
TEST(TwoChoices, ByLatencyWhoWasNotAskedForLongIsTriedWithOneRequest) {
  FixedSeed random;
  TwoChoices policy(random, TwoChoices::By::Latency);
  Fleet fleet(std::size_t{2});
  fleet.latency(1).observe(10ms, at(0s));
  for (const Duration later : {Duration(1min), Duration(1h)}) {
    fleet.latency(0).observe(10ms, at(later));
    fleet.inflight(1) = 0;
    EXPECT_EQ(fleet.pick(policy, {.now = at(later)}), 1U);
    fleet.inflight(1) = 1;
    EXPECT_EQ(fleet.pick(policy, {.now = at(later)}), 0U);
  }
}

// Tunnels are requests in flight as well, and may stay for hours: whoever has some is not out for that time.
TEST(TwoChoices, ByLatencyWhoWasNotAskedForLongGoesByRequests) {
  FixedSeed random;
  TwoChoices policy(random, TwoChoices::By::Latency);
  Fleet fleet(std::size_t{2});
  fleet.latency(0).observe(10ms, at(1min));
  fleet.latency(1).observe(Latency::kPenalty, at(0s));
  fleet.inflight(0) = 5;
  fleet.inflight(1) = 4;
  EXPECT_EQ(fleet.pick(policy, {.now = at(1min)}), 1U);
  fleet.inflight(1) = 6;
  EXPECT_EQ(fleet.pick(policy, {.now = at(1min)}), 0U);
  fleet.inflight(0) = 7;
  EXPECT_EQ(fleet.pick(policy, {.now = at(2min)}), 1U) << "of both nothing was seen";
}

TEST(Latency, RisesAtOnceAndFallsSlowly) {
  Latency latency;
  EXPECT_FALSE(latency.known());
  latency.observe(100ms, at(0s));
  EXPECT_DOUBLE_EQ(latency.seconds(at(0s)), 0.1);
  latency.observe(1s, at(1s));
  EXPECT_DOUBLE_EQ(latency.seconds(at(1s)), 1.0);
  latency.observe(100ms, at(11s));  // 10 s later: 1/e of the old one and the rest of the new one
  EXPECT_NEAR(latency.seconds(at(11s)), 0.367879 + 0.1 * (1 - 0.367879), 1e-6);
}

TEST(Latency, IsForgottenByTimeAlone) {
  Latency latency;
  latency.observe(Latency::kPenalty, at(0s));
  EXPECT_NEAR(latency.seconds(at(20s)), 5 * 0.135335, 1e-5);
  EXPECT_EQ(latency.seconds(at(10h)), 0);
  EXPECT_TRUE(latency.known());
  EXPECT_TRUE(latency.fresh(at(29s)));
  EXPECT_FALSE(latency.fresh(at(30s)));
  latency.observe(1ms, at(10h));
  EXPECT_TRUE(latency.fresh(at(10h)));
}

TEST(Latency, IsForgottenAtOnceWithItsBackend) {
  Latency latency;
  latency.observe(Latency::kPenalty, at(0s));
  latency.forget();
  EXPECT_FALSE(latency.known());
  EXPECT_FALSE(latency.fresh(at(0s)));
  EXPECT_EQ(latency.seconds(at(0s)), 0);
  latency.observe(10ms, at(1s));
  EXPECT_DOUBLE_EQ(latency.seconds(at(1s)), 0.01);
}

TEST(Latency, GivenUpAttemptOnlyRaises) {
  Latency latency;
  latency.observe(1s, at(0s));
  latency.observeAtLeast(500ms, at(0s));
  EXPECT_DOUBLE_EQ(latency.seconds(at(0s)), 1.0);
  latency.observeAtLeast(3s, at(0s));
  EXPECT_DOUBLE_EQ(latency.seconds(at(0s)), 3.0);
}

TEST(Latency, DecayIsTheExponential) {
  EXPECT_EQ(decay(0s, 10s), 1.0);
  EXPECT_EQ(decay(-1s, 10s), 1.0);
  EXPECT_NEAR(decay(1ms, 10s), 0.99990000499983, 1e-13);
  EXPECT_NEAR(decay(10s, 10s), 0.36787944117144, 1e-9);
  EXPECT_NEAR(decay(100s, 10s) / 4.5399929762e-05, 1.0, 1e-7);
}

}  // namespace
}  // namespace lb::balance
