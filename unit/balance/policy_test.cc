// Random picks and turns: uniform and independent, or strictly in turn; and what both do with weights.
#include "lb/balance/policy.h"

#include <numeric>

#include "lb/balance/hash_pick.h"
#include "lb/balance/least_request.h"
#include "lb/balance/random_pick.h"
#include "lb/balance/round_robin.h"
#include "lb/balance/two_choices.h"
#include "lb/base/random_util.h"
#include "unit/balance/fleet.h"

namespace lb::balance {
namespace {

constexpr double kOf9 = 46.0;    // a chi-square statistic of 9 degrees of freedom exceeds it once in a million
constexpr double kOf99 = 181.1;  // and one of 99
constexpr double kOf3 = 30.7;
constexpr double kOf2 = 27.7;

TEST(RandomPick, IsUniform) {
  FixedSeed random;
  RandomPick policy(random);
  EXPECT_LT(chiSquare(Fleet(10).count(policy, 100'000), std::vector<double>(10, 10'000)), kOf9);
}

TEST(RandomPick, SuccessivePicksAreIndependent) {
  FixedSeed random;
  RandomPick policy(random);
  Fleet fleet(10);
  std::vector<std::uint64_t> pairs(100);
  std::size_t before = fleet.pick(policy);
  for (int i = 0; i < 200'000; ++i) {
    const std::size_t now = fleet.pick(policy);
    ++pairs[before * 10 + now];
    before = now;
  }
  EXPECT_LT(chiSquare(pairs, std::vector<double>(100, 2'000)), kOf99);
}

TEST(RandomPick, TakesOneDrawWhateverTheWeights) {
  FixedSeed random;
  FixedSeed same;
  RandomPick policy(random);
  Fleet fleet(std::size_t{7});
  for (int i = 0; i < 1000; ++i) EXPECT_EQ(fleet.pick(policy), below(same, 7));
  fleet.setWeights({1, 2, 3, 4, 5, 6, 7});
  const std::uint64_t before = random.draws;
  static_cast<void>(fleet.count(policy, 1000));
  EXPECT_EQ(random.draws, before + 1000);
}

TEST(RandomPick, FollowsWeights) {
  FixedSeed random;
  RandomPick policy(random);
  Fleet fleet({1, 2, 3, 4});
  EXPECT_LT(chiSquare(fleet.count(policy, 100'000), {10'000, 20'000, 30'000, 40'000}), kOf3);
  fleet.setWeights({4, 3, 2, 1});  // while it is in use
  EXPECT_LT(chiSquare(fleet.count(policy, 100'000), {40'000, 30'000, 20'000, 10'000}), kOf3);
}

TEST(RandomPick, SharesAmongTheRestAsIfTheOthersWereNotThere) {
  FixedSeed random;
  const std::vector<std::size_t> without{0, 2};
  for (const bool weighted : {false, true}) {
    RandomPick policy(random);
    Fleet fleet(weighted ? std::vector<std::uint32_t>{9, 2, 5, 4, 6} : std::vector<std::uint32_t>(5, 1));
    std::vector<std::uint64_t> counts = fleet.count(policy, 12'000, {.without = without});
    EXPECT_EQ(counts[0] + counts[2], 0U);
    counts = {counts[1], counts[3], counts[4]};
    const auto expected = weighted ? std::vector<double>{2000, 4000, 6000} : std::vector<double>{4000, 4000, 4000};
    EXPECT_LT(chiSquare(counts, expected), kOf2);
  }
}

TEST(RoundRobin, TakesEachInTurnFromAnyStart) {
  FixedSeed random;
  RoundRobin policy(random);
  Fleet fleet(std::size_t{3});
  const std::size_t first = fleet.pick(policy);
  for (std::size_t i = 1; i <= 9; ++i) EXPECT_EQ(fleet.pick(policy), (first + i) % 3);
}

TEST(RoundRobin, StartsDiffer) {
  FixedSeed random;
  Fleet fleet(std::size_t{100});
  std::vector<std::size_t> starts;
  for (int i = 0; i < 5; ++i) {
    RoundRobin policy(random);
    starts.push_back(fleet.pick(policy));
  }
  EXPECT_NE(starts, std::vector<std::size_t>(5, starts.front()));
}

TEST(RoundRobin, PassesOverWhoIsNotWanted) {
  FixedSeed random;
  const std::vector<std::size_t> without{1};
  for (const auto& weights : {std::vector<std::uint32_t>{1, 1, 1}, std::vector<std::uint32_t>{1, 2, 1}}) {
    RoundRobin policy(random);
    const auto counts = Fleet(weights).count(policy, 1000, {.without = without});
    EXPECT_EQ(counts, (std::vector<std::uint64_t>{500, 0, 500}));
  }
}

// Any row of as many picks as the weights add up to, wherever it begins, gives each its weight; and the turns of one
// are as far apart as they can be, to within one pick of each other.
TEST(RoundRobin, WeightsAreExactAndSmooth) {
  FixedSeed random;
  for (const auto& weights : {std::vector<std::uint32_t>{5, 1, 1}, std::vector<std::uint32_t>{1, 2, 3, 4, 5},
                              std::vector<std::uint32_t>{100, 1}, std::vector<std::uint32_t>{14, 6, 10, 2}}) {
    RoundRobin policy(random);
    Fleet fleet(weights);
    std::uint32_t divisor = 0;
    for (const std::uint32_t weight : weights) divisor = std::gcd(divisor, weight);
    const std::uint64_t round = std::accumulate(weights.begin(), weights.end(), std::uint64_t{0}) / divisor;
    std::vector<std::size_t> picks;
    for (std::uint64_t i = 0; i < 50 * round; ++i) picks.push_back(fleet.pick(policy));
    for (std::size_t who = 0; who < weights.size(); ++who) {
      std::uint64_t in_window = 0;
      std::size_t last = 0;
      for (std::size_t i = 0; i < picks.size(); ++i) {
        in_window += picks[i] == who ? 1 : 0;
        if (i >= round) in_window -= picks[i - round] == who ? 1 : 0;
        if (i + 1 >= round) {
          ASSERT_EQ(in_window, weights[who] / divisor) << "weight " << weights[who] << " at " << i;
        }
        if (picks[i] != who) continue;
        if (last > 0) {
          EXPECT_LE(i - last, round * divisor / weights[who] + weights.size());
        }
        last = i;
      }
    }
  }
}

TEST(RoundRobin, SharesStayRightWhileWeightsChange) {
  FixedSeed random;
  RoundRobin policy(random);
  Fleet fleet({1, 1});
  std::vector<double> expected(2);
  std::vector<std::uint64_t> counts(2);
  for (std::uint32_t step = 1; step <= 3000; ++step) {
    const std::uint32_t weight = step % 9 + 2;
    fleet.setWeights({weight, 10});
    for (int i = 0; i < 3; ++i) ++counts[fleet.pick(policy)];
    expected[0] += 3.0 * weight / (weight + 10);
    expected[1] += 30.0 / (weight + 10);
  }
  EXPECT_NEAR(static_cast<double>(counts[0]), expected[0], 0.01 * expected[0]);
}

TEST(MakePolicy, GivesWhatWasConfigured) {
  FixedSeed random;
  const auto made = [&](config::Balance balance) {
    config::Service service;
    service.balance = balance;
    return makePolicy(service, random);
  };
  EXPECT_NE(dynamic_cast<RandomPick*>(made(config::Balance::Random).get()), nullptr);
  EXPECT_NE(dynamic_cast<RoundRobin*>(made(config::Balance::RoundRobin).get()), nullptr);
  EXPECT_NE(dynamic_cast<LeastRequest*>(made(config::Balance::LeastRequest).get()), nullptr);
  EXPECT_NE(dynamic_cast<TwoChoices*>(made(config::Balance::P2c).get()), nullptr);
  EXPECT_NE(dynamic_cast<TwoChoices*>(made(config::Balance::PeakEwma).get()), nullptr);
  EXPECT_NE(dynamic_cast<HashPick*>(made(config::Balance::Hash).get()), nullptr);
}

}  // namespace
}  // namespace lb::balance
