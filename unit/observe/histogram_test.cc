// Buckets as Prometheus defines them: a bound holds what is less than or equal to it.
#include "lb/observe/histogram.h"

#include <gtest/gtest.h>

#include <cmath>
#include <memory>
#include <utility>
#include <vector>

#include "unit/observe/fixtures.h"

namespace lb::observe {
namespace {

std::vector<std::uint64_t> countsOf(const Histogram& histogram) {
  std::vector<std::uint64_t> counts;
  for (std::size_t i = 0; i <= histogram.bounds().size(); ++i) counts.push_back(histogram.countAt(i));
  return counts;
}

std::shared_ptr<const BucketLayout> layoutOf(Buckets bounds) {
  return std::make_shared<BucketLayout>(std::move(bounds));
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
    Histogram histogram(layoutOf({0.0005, 0.0025, 30}));
    histogram.observe(row.value, at(0s));
    std::vector<std::uint64_t> expected(4, 0);
    expected[row.bucket] = 1;
    EXPECT_EQ(countsOf(histogram), expected) << row.name;
  }
}

// The layout starts from the value's width in bits; around every power of two it must say what a plain search says.
TEST(BucketLayout, AgreesWithAPlainSearchForEveryWidth) {
  const Buckets bounds{1e-9, 3e-9, 1e-6, 1.024e-6, 0.0005, 0.001048576, 0.5, 30, 1e9};
  const BucketLayout layout(bounds);
  for (int bits = 0; bits < 63; ++bits) {
    for (const std::int64_t step : {-1, 0, 1}) {
      const std::int64_t ns = (std::int64_t{1} << bits) + step;
      std::size_t expected = 0;
      while (expected < bounds.size() && std::llround(bounds[expected] * 1e9) < ns) ++expected;
      EXPECT_EQ(layout.bucketOf(ns), expected) << ns;
    }
  }
}

TEST(Histogram, AddsUpCountAndSum) {
  Histogram histogram(layoutOf({0.001}));
  histogram.observe(1ms, at(0s));
  histogram.observe(2ms, at(0s));
  histogram.observe(1s, at(0s));
  EXPECT_EQ(histogram.count(), 3U);
  EXPECT_DOUBLE_EQ(histogram.sumSeconds(), 1.003);
}

TEST(Histogram, NegativeValuesDoNotSpoilTheSum) {
  Histogram histogram(layoutOf({0.001}));
  histogram.observe(-1s, at(0s));
  histogram.observe(1s, at(0s));
  EXPECT_DOUBLE_EQ(histogram.sumSeconds(), 1.0);
}

TEST(Histogram, WithoutBoundsOnlyCounts) {
  Histogram histogram(layoutOf({}));
  histogram.observe(5ms, at(0s));
  EXPECT_EQ(countsOf(histogram), std::vector<std::uint64_t>{1});
}

TEST(Histogram, KnowsItsMaximum) {
  Histogram histogram(layoutOf({0.001}));
  histogram.observe(3ms, at(1s));
  histogram.observe(7ms, at(2s));
  histogram.observe(5ms, at(3s));
  EXPECT_EQ(histogram.max(at(3s)), 7ms);
}

}  // namespace
}  // namespace lb::observe
