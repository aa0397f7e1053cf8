// Percentiles against an exact sort of the same values.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

#include "lb/observe/histogram.h"
#include "unit/observe/fixtures.h"

namespace lb::observe {
namespace {

constexpr double kErrorMax = 0.01;

Percentiles::Sum sumOf(const Percentiles& percentiles) {
  Percentiles::Sum sum;
  sum.add(percentiles);
  return sum;
}

// Nearest rank in per mille, in integers only.
std::int64_t exactQuantile(const std::vector<std::int64_t>& sorted, std::size_t per_mille) {
  const std::size_t rank = std::max<std::size_t>((sorted.size() * per_mille + 999) / 1000, 1);
  return sorted[rank - 1];
}

std::vector<std::int64_t> spreadValues(std::size_t count, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::vector<std::int64_t> values;
  for (std::size_t i = 0; i < count; ++i) values.push_back(static_cast<std::int64_t>(random() >> (20 + random() % 40)));
  return values;
}

TEST(Percentiles, AreWithinOnePercentOfAnExactSort) {
  for (const std::size_t count : {1U, 2U, 10U, 999U, 1000U, 1001U, 50'000U}) {
    std::vector<std::int64_t> values = spreadValues(count, count);
    Percentiles percentiles;
    for (const std::int64_t value : values) percentiles.observe(Duration(value));
    std::ranges::sort(values);
    const Percentiles::Sum sum = sumOf(percentiles);
    for (const std::size_t per_mille : {0U, 1U, 10U, 70U, 250U, 500U, 900U, 990U, 999U, 1000U}) {
      const auto exact = static_cast<double>(exactQuantile(values, per_mille));
      const auto got = static_cast<double>(sum.quantile(static_cast<double>(per_mille) / 1000).count());
      EXPECT_LE(std::abs(got - exact), exact * kErrorMax) << count << " values, " << per_mille << " per mille";
    }
  }
}

TEST(Percentiles, HoldTheErrorAtEveryStepsEdges) {
  for (std::uint32_t bits = 0; bits < 46; ++bits) {
    for (const std::int64_t offset : {-1, 0, 1}) {
      const std::int64_t value = (std::int64_t{1} << bits) + offset;
      Percentiles percentiles;
      percentiles.observe(Duration(value));
      percentiles.observe(1'000'000s);  // so that the value is not the maximum, which is exact
      const auto got = static_cast<double>(sumOf(percentiles).quantile(0.5).count());
      EXPECT_LE(std::abs(got - static_cast<double>(value)), static_cast<double>(value) / 128) << value;
    }
  }
}

TEST(Percentiles, GiveTheTrueMaximumAtOne) {
  Percentiles percentiles;
  for (const std::int64_t value : {123'456'789, 987'654'321, 555}) percentiles.observe(Duration(value));
  EXPECT_EQ(sumOf(percentiles).quantile(1).count(), 987'654'321);
}

TEST(Percentiles, NeverExceedTheMaximum) {
  Percentiles percentiles;
  for (int i = 0; i < 3; ++i) percentiles.observe(Duration(1'000'001));
  const Percentiles::Sum sum = sumOf(percentiles);
  EXPECT_LE(sum.quantile(0.5), sum.quantile(1));
}

TEST(Percentiles, AreZeroWhenEmpty) {
  const Percentiles percentiles;
  EXPECT_EQ(sumOf(percentiles).quantile(0.99), 0ns);
  EXPECT_EQ(Percentiles::Sum().quantile(1), 0ns);
}

TEST(Percentiles, TakeWhatIsBelowAndBeyondTheirRange) {
  Percentiles percentiles;
  percentiles.observe(-1s);
  percentiles.observe(Duration::max());
  const Percentiles::Sum sum = sumOf(percentiles);
  EXPECT_EQ(percentiles.count(), 2U);
  EXPECT_EQ(sum.quantile(0.5), 0ns);
  EXPECT_EQ(sum.quantile(1), Duration::max());
}

TEST(Percentiles, OfSeveralWorkersAreThoseOfAllValues) {
  Percentiles slow;
  Percentiles fast;
  for (int i = 0; i < 90; ++i) fast.observe(1ms);
  for (int i = 0; i < 10; ++i) slow.observe(1s);
  Percentiles::Sum sum;
  sum.add(slow);
  sum.add(fast);
  EXPECT_EQ(sum.count(), 100U);
  EXPECT_NEAR(static_cast<double>(sum.quantile(0.9).count()), 1e6, 1e4);
  EXPECT_NEAR(static_cast<double>(sum.quantile(0.91).count()), 1e9, 1e7);
}

// 0.07 * 100 is 7.000000000000001 in doubles; the rank is 7 all the same.
TEST(Percentiles, RanksSurviveDoubleArithmetic) {
  Percentiles percentiles;
  for (int i = 1; i <= 100; ++i) percentiles.observe(i <= 7 ? 10ns : 20ns);
  EXPECT_EQ(sumOf(percentiles).quantile(0.07), 10ns);
}

}  // namespace
}  // namespace lb::observe
