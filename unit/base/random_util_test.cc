// below(): its bounds, that every value is equally likely, and that it removes the bias of awkward bounds.
#include "lb/base/random_util.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <random>
#include <vector>

namespace lb {
namespace {

class SeededRandom final : public Random {
 public:
  std::uint64_t next() override { return engine_(); }

 private:
  std::mt19937_64 engine_{20260102};
};

// Gives prepared words and counts how many were taken.
class ScriptedRandom final : public Random {
 public:
  explicit ScriptedRandom(std::vector<std::uint64_t> words) : words_(std::move(words)) {}
  std::uint64_t next() override { return words_.at(taken++); }
  std::size_t taken = 0;

 private:
  std::vector<std::uint64_t> words_;
};

constexpr std::uint64_t kMax = std::numeric_limits<std::uint64_t>::max();

TEST(Below, OneHasOneAnswer) {
  SeededRandom random;
  for (int i = 0; i < 100; ++i) EXPECT_EQ(below(random, 1), 0U);
}

TEST(Below, ScalesTheWord) {
  ScriptedRandom random({0x8000'0000'0000'0000, kMax, 0x2000'0000'0000'0000, 0x1fff'ffff'ffff'ffff});
  EXPECT_EQ(below(random, 8), 4U);
  EXPECT_EQ(below(random, 8), 7U);
  EXPECT_EQ(below(random, 8), 1U);
  EXPECT_EQ(below(random, 8), 0U);
}

TEST(Below, RejectsTheWordsThatWouldFavourSomebody) {
  // 2^64 = 1 (mod 3), so exactly one word must be thrown away: the one whose product has a low half of 0.
  ScriptedRandom random({0, kMax});
  EXPECT_EQ(below(random, 3), 2U);
  EXPECT_EQ(random.taken, 2U);
}

TEST(Below, PowersOfTwoNeedNoSecondWord) {
  ScriptedRandom random({0});
  EXPECT_EQ(below(random, 1ULL << 40), 0U);
  EXPECT_EQ(random.taken, 1U);
}

TEST(Below, LargestBoundStaysBelowIt) {
  SeededRandom random;
  for (int i = 0; i < 1000; ++i) EXPECT_LT(below(random, kMax), kMax);
  ScriptedRandom largest({kMax});
  EXPECT_EQ(below(largest, kMax), kMax - 1);
}

// Chi-square against equal rates; 33.7 is the 99.99 % point for 9 degrees of freedom, the most there are here.
TEST(Below, RatesAreEqual) {
  constexpr std::uint64_t kDraws = 100'000;
  SeededRandom random;
  for (const std::uint64_t bound : {2U, 3U, 7U, 10U}) {
    std::vector<std::uint64_t> counts(bound, 0);
    for (std::uint64_t i = 0; i < kDraws; ++i) ++counts.at(below(random, bound));
    const double expected = static_cast<double>(kDraws) / static_cast<double>(bound);
    double chi_square = 0;
    for (const std::uint64_t count : counts) {
      const double difference = static_cast<double>(count) - expected;
      chi_square += difference * difference / expected;
    }
    EXPECT_LT(chi_square, 33.7) << bound;
  }
}

// With a bound of 3/4 of the space, taking words modulo it would give the lower third twice as often.
TEST(Below, HugeBoundsAreNotBiased) {
  constexpr std::uint64_t kBound = kMax / 4 * 3;
  constexpr int kDraws = 30'000;
  SeededRandom random;
  int low = 0;
  for (int i = 0; i < kDraws; ++i) low += below(random, kBound) < kBound / 3 ? 1 : 0;
  EXPECT_NEAR(low, kDraws / 3, 500);  // six standard deviations
}

TEST(BelowDeathTest, ZeroIsABrokenInvariant) {
  SeededRandom random;
  EXPECT_DEATH(static_cast<void>(below(random, 0)), "invariant broken: bound > 0");
}

}  // namespace
}  // namespace lb
