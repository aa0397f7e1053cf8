// Laws of amounts: the moments that they state are right, and what they draw has them.
#include "sim/model/distribution.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>

#include "sim/model/portable_math.h"

namespace sim::model {
namespace {

using namespace std::chrono_literals;
using Kind = Distribution::Kind;

struct Row {
  const char* name;
  Distribution law;
  double mean;  // in seconds
  double cv2;
  double fourth;  // how far the fourth moment lies above the variance squared (kurtosis): for the error of the variance
};

Distribution pareto(Duration low, Duration high, double alpha) {
  return {.kind = Kind::Pareto, .low = low.count(), .high = high.count(), .alpha = alpha};
}

// Means and squared coefficients of variation by hand, not by the class.
const Row kRows[] = {
    {"constant", Distribution::constant(2s), 2, 0, 1},
    {"exponential", Distribution::exponential(100ms), 0.1, 1, 9},
    {"uniform", {.kind = Kind::Uniform, .low = 1'000'000'000, .high = 3'000'000'000}, 2, 1.0 / 12, 1.8},
    {"lognormal", {.kind = Kind::Lognormal, .mean = 1'000'000'000, .cv2 = 0.5}, 1, 0.5, 20},
    {"bimodal", Distribution::bimodal(1s, 16), 1, 16, 65},
    {"bimodal without variance", Distribution::bimodal(1s, 0), 1, 0, 1},
    // alpha 3, from 1 to 2: mean 3/2 (1 - 1/4) / (1 - 1/8) = 9/7; second moment 3 (1 - 1/2) / (7/8) = 12/7.
    {"pareto", pareto(1s, 2s, 3), 9.0 / 7, (12.0 / 7 - 81.0 / 49) / (81.0 / 49), 4},
    // alpha 1: mean ln 2 / (1 - 1/2), second moment 1 / (1/2).
    {"pareto with alpha 1", pareto(1s, 2s, 1), 1.38629436, 2 / (1.38629436 * 1.38629436) - 1, 3},
    {"empirical", {.kind = Kind::Empirical, .values = {1'000'000'000, 1'000'000'000, 4'000'000'000}}, 2, 0.5, 2},
};

TEST(Distribution, StatesItsMomentsAndHasThem) {
  constexpr int kDraws = 400'000;
  for (const Row& row : kRows) {
    ASSERT_EQ(row.law.problem(), "") << row.name;
    const double variance = row.cv2 * row.mean * row.mean;
    EXPECT_NEAR(row.law.expected() * 1e-9, row.mean, 1e-7 * row.mean) << row.name;
    EXPECT_NEAR(row.law.variance() * 1e-18, variance, 1e-6 * row.mean * row.mean) << row.name;
    Prng chance(7);
    double sum = 0;
    double squares = 0;
    for (int i = 0; i < kDraws; ++i) {
      const double x = std::chrono::duration<double>(row.law.draw(chance)).count() - row.mean;
      sum += x;
      squares += x * x;
    }
    EXPECT_NEAR(sum / kDraws, 0, 4 * std::sqrt(variance / kDraws) + 1e-8) << row.name;
    EXPECT_NEAR(squares / kDraws, variance, 4 * variance * std::sqrt((row.fourth - 1) / kDraws) + 1e-8) << row.name;
  }
}

TEST(Distribution, IsExponentialInItsTailsToo) {
  constexpr int kDraws = 400'000;
  const Distribution law = Distribution::exponential(1s);
  Prng chance(9);
  std::array<int, 8> beyond{};
  for (int i = 0; i < kDraws; ++i) {
    const Duration x = law.draw(chance);
    for (std::size_t k = 0; k < beyond.size(); ++k) beyond[k] += x > std::chrono::seconds(k + 1) ? 1 : 0;
  }
  for (std::size_t k = 0; k < beyond.size(); ++k) {
    const double share = std::exp(-static_cast<double>(k + 1));
    EXPECT_NEAR(beyond[k], kDraws * share, 4 * std::sqrt(kDraws * share)) << k;
  }
}

TEST(Distribution, SaysWhyParametersAreNoLaw) {
  EXPECT_NE((Distribution{.mean = -1}).problem(), "");
  EXPECT_NE((Distribution{.kind = Kind::Uniform, .low = 2, .high = 1}).problem(), "");
  EXPECT_NE((Distribution{.kind = Kind::Lognormal, .mean = 0}).problem(), "");
  EXPECT_NE((Distribution{.kind = Kind::Bimodal, .mean = 1, .cv2 = -1}).problem(), "");
  EXPECT_NE((Distribution{.kind = Kind::Bimodal, .mean = 1, .cv2 = std::nan("")}).problem(), "");
  EXPECT_NE((Distribution{.kind = Kind::Pareto, .low = 0, .high = 1}).problem(), "");
  EXPECT_NE((Distribution{.kind = Kind::Empirical}).problem(), "");
  EXPECT_NE((Distribution{.kind = Kind::Empirical, .values = {1, -1}}).problem(), "");
}

TEST(PortableMath, AgreesWithTheLibrary) {
  for (double x = 1e-18; x < 1e18; x *= 1.37)
    EXPECT_NEAR(naturalLog(x), std::log(x), 2e-15 * (1 + std::abs(std::log(x))));
  for (double x = -40; x < 40; x += 0.0137) EXPECT_NEAR(exponential(x) / std::exp(x), 1, 2e-14) << x;
  EXPECT_NEAR(power(7, 0.3), std::pow(7, 0.3), 1e-13);
}

}  // namespace
}  // namespace sim::model
