// The maximum of the last minute: seen for at least 60 s, forgotten after at most 70 s.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

#include "lb/observe/histogram.h"
#include "unit/observe/fixtures.h"

namespace lb::observe {
namespace {

TEST(SlidingMax, IsZeroWithoutObservations) {
  const SlidingMax max;
  EXPECT_EQ(max.max(at(0s)), 0ns);
  EXPECT_EQ(max.max(at(1h)), 0ns);
}

TEST(SlidingMax, KeepsTheLargestOfASlice) {
  SlidingMax max;
  max.observe(5ms, at(1s));
  max.observe(9ms, at(2s));
  max.observe(7ms, at(3s));
  EXPECT_EQ(max.max(at(4s)), 9ms);
}

TEST(SlidingMax, ShowsAValueForSixtySecondsAndForgetsItAfterSeventy) {
  struct Row {
    Duration observed;
    Duration last_seen;  // the end of the slice sixty seconds on
  };
  for (const Row& row : {Row{0s, 70s - 1ns}, Row{10s - 1ns, 70s - 1ns}, Row{10s, 80s - 1ns}, Row{1005s, 1070s - 1ns}}) {
    SlidingMax max;
    max.observe(9ms, at(row.observed));
    EXPECT_EQ(max.max(at(row.observed + 60s)), 9ms) << row.observed.count();
    EXPECT_EQ(max.max(at(row.last_seen)), 9ms) << row.observed.count();
    EXPECT_EQ(max.max(at(row.last_seen + 1ns)), 0ns) << row.observed.count();
  }
}

TEST(SlidingMax, ASmallerLaterValueTakesOverWhenTheLargerOneIsForgotten) {
  SlidingMax max;
  max.observe(9ms, at(5s));
  max.observe(2ms, at(30s));
  EXPECT_EQ(max.max(at(69s)), 9ms);
  EXPECT_EQ(max.max(at(70s)), 2ms);
  EXPECT_EQ(max.max(at(100s)), 0ns);
}

TEST(SlidingMax, ReusesASliceWhenTheRingWraps) {
  SlidingMax max;
  max.observe(9ms, at(5s));
  max.observe(1ms, at(75s));  // the same place in the ring, seven slices later
  EXPECT_EQ(max.max(at(75s)), 1ms);
}

TEST(SlidingMax, ReadingChangesNothing) {
  SlidingMax max;
  max.observe(9ms, at(5s));
  EXPECT_EQ(max.max(at(200s)), 0ns);
  EXPECT_EQ(max.max(at(6s)), 9ms);
}

TEST(SlidingMax, AReaderWhoseClockIsBehindSeesTheValue) {
  SlidingMax max;
  max.observe(9ms, at(10s));
  EXPECT_EQ(max.max(at(10s - 1ns)), 9ms);
}

// Against the plain definition, over two hours of irregular traffic.
TEST(SlidingMax, AgreesWithANaiveSearch) {
  SlidingMax max;
  std::mt19937_64 random(42);
  std::vector<std::pair<Duration, Duration>> all;  // when, what
  Duration now{};
  while (now < 2h) {
    now += Duration(static_cast<std::int64_t>(random() % 25'000'000'000));
    const Duration value(static_cast<std::int64_t>(random() % 1'000'000));
    max.observe(value, at(now));
    all.emplace_back(now, value);
    Duration expected{};
    for (const auto& [when, what] : all) {
      if (when / 10s > now / 10s - 7) expected = std::max(expected, what);
    }
    ASSERT_EQ(max.max(at(now)), expected) << now.count();
  }
}

}  // namespace
}  // namespace lb::observe
