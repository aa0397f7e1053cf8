// Buckets as Prometheus defines them: a bound holds what is less than or equal to it.
#include "lb/observe/histogram.h"

#include <gtest/gtest.h>

#include <vector>

#include "unit/observe/fixtures.h"

namespace lb::observe {
namespace {

std::vector<std::uint64_t> countsOf(const Histogram& histogram) {
  std::vector<std::uint64_t> counts;
  for (std::size_t i = 0; i <= histogram.bounds().size(); ++i) counts.push_back(histogram.countAt(i));
  return counts;
}

struct BoundaryRow {
  const char* name;
  Duration value;
  std::size_t bucket;
};
constexpr BoundaryRow kBoundaries[] = {
    {"nothing", 0ns, 0},
    {"one below the first bound", 499'999ns, 0},
    {"the first bound", 500'000ns, 0},
    {"one above the first bound", 500'001ns, 1},
    {"a bound that is no exact double", 2'500'000ns, 1},
    {"one above it", 2'500'001ns, 2},
    {"the last bound", 30s, 2},
    {"beyond all bounds", 30s + 1ns, 3},
    {"a negative difference counts as nothing", -5ns, 0},
};

TEST(Histogram, PutsEachValueIntoTheFirstBucketThatHoldsIt) {
  for (const BoundaryRow& row : kBoundaries) {
    Histogram histogram({0.0005, 0.0025, 30});
    histogram.observe(row.value, at(0s));
    std::vector<std::uint64_t> expected(4, 0);
    expected[row.bucket] = 1;
    EXPECT_EQ(countsOf(histogram), expected) << row.name;
  }
}

TEST(Histogram, AddsUpCountAndSum) {
  Histogram histogram({0.001});
  histogram.observe(1ms, at(0s));
  histogram.observe(2ms, at(0s));
  histogram.observe(1s, at(0s));
  EXPECT_EQ(histogram.count(), 3U);
  EXPECT_DOUBLE_EQ(histogram.sumSeconds(), 1.003);
}

TEST(Histogram, NegativeValuesDoNotSpoilTheSum) {
  Histogram histogram({0.001});
  histogram.observe(-1s, at(0s));
  histogram.observe(1s, at(0s));
  EXPECT_DOUBLE_EQ(histogram.sumSeconds(), 1.0);
}

TEST(Histogram, WithoutBoundsOnlyCounts) {
  Histogram histogram({});
  histogram.observe(5ms, at(0s));
  EXPECT_EQ(countsOf(histogram), std::vector<std::uint64_t>{1});
}

TEST(Histogram, KnowsItsMaximum) {
  Histogram histogram({0.001});
  histogram.observe(3ms, at(1s));
  histogram.observe(7ms, at(2s));
  histogram.observe(5ms, at(3s));
  EXPECT_EQ(histogram.max(at(3s)), 7ms);
}

}  // namespace
}  // namespace lb::observe
