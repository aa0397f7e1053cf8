// Draws: reproducible, independent by name, and as likely as they say.
#include "sim/core/chance.h"

#include <gtest/gtest.h>

#include <vector>

namespace sim {
namespace {

std::vector<std::uint64_t> draw(Prng prng, int count) {
  std::vector<std::uint64_t> words;
  for (int i = 0; i < count; ++i) words.push_back(prng.next());
  return words;
}

TEST(Chance, SameSeedAndNameDrawTheSame) {
  EXPECT_EQ(draw(Chance(7).stream("net"), 100), draw(Chance(7).stream("net"), 100));
}

TEST(Chance, AnotherSeedOrNameDrawsOtherWords) {
  EXPECT_NE(draw(Chance(7).stream("net"), 4), draw(Chance(8).stream("net"), 4));
  EXPECT_NE(draw(Chance(7).stream("net"), 4), draw(Chance(7).stream("proxy"), 4));
}

// The words of a seed are part of what a stored scenario means.
TEST(Chance, WordsOfASeedNeverChange) {
  EXPECT_EQ(draw(Prng(1), 3),
            (std::vector<std::uint64_t>{0xb3f2af6d0fc710c5U, 0x853b559647364ceaU, 0x92f89756082a4514U}));
}

TEST(Chance, BoundsAreBothReached) {
  Prng prng(1);
  std::vector<int> seen(5);
  for (int i = 0; i < 1000; ++i) ++seen[prng.between(10, 14) - 10];
  for (const int count : seen) EXPECT_NEAR(count, 200, 60);
  EXPECT_EQ(prng.between(3, 3), 3U);
}

// An inverted probability is invisible at one half, so it is measured elsewhere.
TEST(Chance, RatiosAreAsLikelyAsTheySay) {
  for (const std::uint32_t part : {1U, 10U, 90U}) {
    Prng prng(part);
    int hits = 0;
    for (int i = 0; i < 100'000; ++i) hits += prng.chance({part, 100}) ? 1 : 0;
    EXPECT_NEAR(hits, static_cast<int>(part) * 1000, 400);
  }
}

TEST(Chance, NeverAndAlwaysDrawNothing) {
  Prng prng(1);
  EXPECT_FALSE(prng.chance({0, 100}));
  EXPECT_TRUE(prng.chance({100, 100}));
  EXPECT_EQ(prng.draws(), 0U);
}

}  // namespace
}  // namespace sim
