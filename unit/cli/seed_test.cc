// How seeds are written: every form has one meaning, and what is none is refused with the reason.
#include "sim/cli/seed.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

namespace sim::cli {
namespace {

using testing::HasSubstr;

TEST(Seed, EveryFormHasOneMeaning) {
  struct Row {
    const char* text;
    std::uint64_t expected;
  };
  const Row rows[] = {
      {"0", 0},
      {"4711", 4711},
      {"0010", 10},  // not octal
      {"18446744073709551615", std::numeric_limits<std::uint64_t>::max()},
      {"0x5b1e", 0x5b1e},
      {"0xFFFFFFFFFFFFFFFF", std::numeric_limits<std::uint64_t>::max()},
      {"3f2a91c", 0x3f2a91c},
      {"3F2A91C", 0x3f2a91c},
      {"3f2a91c0", 0x3f2a91c},  // a longer abbreviation of the same hash
      {"3f2a91c0123456789abcdef0123456789abcdef0", 0x3f2a91c},
      {"1234567", 1'234'567},                                    // as long as a hash, and decimal all the same
      {"1234567890123456789012345678901234567890", 0x123'4567},  // too long for a number: a whole hash without letters
      {"1e100000", 0x1e10000},
  };
  for (const Row& row : rows) {
    const auto seed = parseSeed(row.text);
    ASSERT_TRUE(seed) << row.text << ": " << seed.error().what;
    EXPECT_EQ(*seed, row.expected) << row.text;
  }
}

TEST(Seed, RefusesWhatIsNone) {
  struct Row {
    const char* text;
    const char* reason;
  };
  constexpr const char* kNone =
      "is no seed: write a decimal number, a hexadecimal one with 0x, or a git hash of 7 to 40";
  const Row rows[] = {
      {"", kNone},
      {"seven", kNone},
      {"-1", kNone},
      {"+1", kNone},
      {" 1", kNone},
      {"1.5", kNone},
      {"0x", kNone},
      {"0x5g", kNone},
      {"0X5", kNone},
      {"abcdef", kNone},  // six digits of a hash
      {"3f2a91c0123456789abcdef0123456789abcdef01", kNone},
      {"18446744073709551616", "is too large: a seed has 64 bits"},
      {"0x10000000000000000", "is too large: a seed has 64 bits"},
      {"123456789012345678901234567890123456789", "is too large: a seed has 64 bits"},
  };
  for (const Row& row : rows) {
    const auto seed = parseSeed(row.text);
    ASSERT_FALSE(seed) << row.text;
    EXPECT_THAT(seed.error().what, HasSubstr(row.reason)) << row.text;
  }
}

TEST(SeedRange, BothEndsAreSeeds) {
  const auto range = parseSeedRange("1..0x10");
  ASSERT_TRUE(range) << range.error().what;
  EXPECT_EQ(range->first, 1U);
  EXPECT_EQ(range->last, 16U);
  const auto one = parseSeedRange("18446744073709551615..18446744073709551615");
  ASSERT_TRUE(one) << one.error().what;
  EXPECT_EQ(one->first, one->last);
}

TEST(SeedRange, RefusesWhatIsNone) {
  struct Row {
    const char* text;
    const char* reason;
  };
  const Row rows[] = {
      {"", "is no range: write FIRST..LAST"},
      {"7", "is no range: write FIRST..LAST"},
      {"1..", "is no seed"},
      {"..7", "is no seed"},
      {"1...7", "is no seed"},
      {"1..7..9", "is no seed"},
      {"7..1", "ends before it begins"},
      {"0..18446744073709551615", "are too many seeds"},
      {"1..1000000000001", "are too many seeds"},
  };
  for (const Row& row : rows) {
    const auto range = parseSeedRange(row.text);
    ASSERT_FALSE(range) << row.text;
    EXPECT_THAT(range.error().what, HasSubstr(row.reason)) << row.text;
  }
  EXPECT_TRUE(parseSeedRange("1..1000000000000"));
}

TEST(FreshSeed, IsAnotherOneEachTimeAndShort) {
  const std::uint64_t seed = freshSeed();
  EXPECT_NE(seed, freshSeed());
  EXPECT_LT(seed, 1'000'000'000'000U);
}

}  // namespace
}  // namespace sim::cli
