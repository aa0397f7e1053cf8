// Estimates: their values are right, and so is what they say of their own error.
#include "sim/validate/statistics.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "sim/model/portable_math.h"
#include "sim/validate/theory.h"

namespace sim::validate {
namespace {

double exponential(Prng& chance) {
  return -model::naturalLog(model::uniform(chance));
}

TEST(Series, KnowsTheErrorsOfIndependentValues) {
  constexpr std::uint64_t kValues = 200'000;
  Series series(kValues);
  Prng chance(1);
  for (std::uint64_t i = 0; i < kValues; ++i) series.add(i, exponential(chance));
  const double n = kValues;
  EXPECT_EQ(series.count(), kValues);
  EXPECT_NEAR(series.mean().value, 1, 4 / std::sqrt(n));
  EXPECT_NEAR(series.mean().error * std::sqrt(n), 1, 0.4);
  // Of the 99th percentile: sqrt(q (1 - q) / n) / density, with a density of 0.01.
  EXPECT_NEAR(series.quantile(0.99).value, -std::log(0.01), 4 * std::sqrt(0.99 * 0.01 / n) / 0.01);
  EXPECT_NEAR(series.quantile(0.99).error / (std::sqrt(0.99 * 0.01 / n) / 0.01), 1, 0.4);
  EXPECT_NEAR(series.quantile(0.5).value, std::log(2), 0.01);
}

// Lindley's recursion for M/M/1: what the batches say of their own error is right for values that depend on each other.
TEST(Series, KnowsTheErrorOfAQueue) {
  constexpr double kLoad = 0.7;
  constexpr double kTime = 100'000;
  constexpr auto kValues = static_cast<std::uint64_t>(kLoad * kTime);
  double stated = 0;
  double squares = 0;
  constexpr int kRuns = 60;
  for (int run = 0; run < kRuns; ++run) {
    Prng chance(static_cast<std::uint64_t>(run) + 1);
    Series series(kValues);
    double wait = 0;
    for (int i = 0; i < 500; ++i) wait = std::max(0.0, wait + exponential(chance) - exponential(chance) / kLoad);
    for (std::uint64_t i = 0; i < kValues; ++i) {
      const double service = exponential(chance);
      series.add(i, wait + service);
      wait = std::max(0.0, wait + service - exponential(chance) / kLoad);
    }
    const Estimate mean = series.mean();
    stated += mean.error / timeInMM1(kLoad) / kRuns;
    const double off = mean.value / timeInMM1(kLoad) - 1;
    squares += off * off / kRuns;
  }
  const double theory = relativeErrorOfMM1(kLoad, kTime);
  EXPECT_NEAR(stated / theory, 1, 0.15);
  EXPECT_NEAR(std::sqrt(squares) / theory, 1, 4 / std::sqrt(2.0 * kRuns));
}

TEST(ChiSquare, IsTheSumOfSquaresOverTheExpected) {
  const std::uint64_t counts[] = {10, 20, 30};
  EXPECT_DOUBLE_EQ(chiSquare(counts), 10);
  const std::uint64_t equal[] = {7, 7};
  EXPECT_DOUBLE_EQ(chiSquare(equal), 0);
}

}  // namespace
}  // namespace sim::validate
