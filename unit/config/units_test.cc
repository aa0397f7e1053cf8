// Durations, sizes, rates and numbers as the file writes them.
#include "lb/config/units.h"

#include <gtest/gtest.h>

#include <array>

#include "lb/config/bounds.h"

namespace lb::config {
namespace {

struct DurationRow {
  const char* text;
  Duration expected;
};

TEST(Units, DurationsReadAndWrite) {
  constexpr std::array<DurationRow, 7> kRows{
      {{"0", 0s}, {"50us", 50us}, {"1ms", 1ms}, {"250ms", 250ms}, {"75s", 75s}, {"90m", 90min}, {"24h", 24h}}};
  for (const DurationRow& row : kRows) {
    SCOPED_TRACE(row.text);
    const auto value = parseDuration(row.text);
    ASSERT_TRUE(value.has_value());
    EXPECT_EQ(*value, row.expected);
    EXPECT_EQ(formatDuration(*value), row.text);
  }
  EXPECT_EQ(formatDuration(120s), "2m");
  EXPECT_EQ(formatDuration(1500ms), "1500ms");
  EXPECT_EQ(formatDuration(1500us), "1500us");
  EXPECT_EQ(parseDuration("0s"), Duration{0});
}

TEST(Units, WhatIsNoDuration) {
  for (const char* text : {"", "s", "-1s", "+1s", " 1s", "1 s", "1s ", "1.5s", "1d", "1S", "1US", "1ns", "10", "0x1s",
                           "1e3s", "99999999999999999999s", "9999999999999h", "1h30m"}) {
    EXPECT_FALSE(parseDuration(text).has_value()) << text;
  }
  EXPECT_EQ(parseDuration("10").error().what, "10 has no unit: write 10s for seconds or 10ms for milliseconds");
}

struct SizeRow {
  const char* text;
  std::uint64_t expected;
};

TEST(Units, SizesReadAndWrite) {
  constexpr std::array<SizeRow, 6> kRows{
      {{"0", 0}, {"1", 1}, {"4097", 4097}, {"64KiB", 65536}, {"1MiB", 1048576}, {"3GiB", 3221225472}}};
  for (const SizeRow& row : kRows) {
    SCOPED_TRACE(row.text);
    const auto value = parseSize(row.text);
    ASSERT_TRUE(value.has_value());
    EXPECT_EQ(*value, row.expected);
    EXPECT_EQ(formatSize(*value), row.text);
  }
  EXPECT_EQ(parseRate("240/s"), 240U);
  EXPECT_EQ(parseRate("240"), 240U);
  EXPECT_EQ(parseRate("1KiB/s"), 1024U);
  EXPECT_EQ(formatRate(0), "0");
  EXPECT_EQ(formatRate(240), "240/s");
}

TEST(Units, WhatIsNoSize) {
  for (const char* text : {"", "KiB", "-1", "64KB", "64K", "64kib", "64 KiB", "1.5MiB", "1TiB", "18446744073709551616",
                           "17179869184GiB", "0x10"}) {
    EXPECT_FALSE(parseSize(text).has_value()) << text;
  }
  for (const char* text : {"/s", "240/m", "240/s/s", "240ps"}) EXPECT_FALSE(parseRate(text).has_value()) << text;
}

TEST(Units, IntegersArePlainDecimals) {
  EXPECT_EQ(parseInteger("0"), 0U);
  EXPECT_EQ(parseInteger("18446744073709551615"), 18446744073709551615U);
  for (const char* text : {"", "-1", "+1", " 1", "1.0", "0x1f", "1_000", "18446744073709551616", "one"}) {
    EXPECT_FALSE(parseInteger(text).has_value()) << text;
  }
}

TEST(Units, DecimalsReadBackToTheSameValue) {
  for (const double value : {1e-6, 2.5e-5, 0.0005, 0.1, 1.0, 1.0 / 3.0, 30.0, 3600.0}) {
    EXPECT_EQ(parseDecimal(formatDecimal(value)), value);
  }
  for (const char* text : {"", "nan", "inf", "1e999", "1,5", "1s", " 1"}) {
    EXPECT_FALSE(parseDecimal(text).has_value()) << text;
  }
}

TEST(Units, QuotedValuesAreShortAndPrintable) {
  EXPECT_EQ(quote("a b"), "\"a b\"");
  EXPECT_EQ(quote("a\n\x1b"), "\"a\\x0a\\x1b\"");
  EXPECT_EQ(quote(std::string(100, 'x')), "\"" + std::string(60, 'x') + "...\"");
}

}  // namespace
}  // namespace lb::config
