// See statistics.h.
#include "sim/validate/statistics.h"

#include <algorithm>
#include <cmath>

#include "lb/base/check.h"

namespace sim::validate {

Estimate fromBatches(std::span<const double> batches) {
  LB_CHECK(batches.size() > 1);
  const auto n = static_cast<double>(batches.size());
  double sum = 0;
  for (const double value : batches) sum += value;
  double squares = 0;
  for (const double value : batches) squares += (value - sum / n) * (value - sum / n);
  return {sum / n, std::sqrt(squares / (n * (n - 1)))};
}

Series::Series(std::uint64_t values) : values_(values), buckets_(kBuckets) {
  LB_CHECK(values >= kBatches);
}

std::size_t Series::bucketOf(double value) {
  if (value <= kLowest) return 0;
  return std::min(static_cast<std::size_t>(std::log(value / kLowest) * kPerUnit), kBuckets - 1);
}

double Series::edgeOf(std::size_t bucket) {
  return kLowest * std::exp(static_cast<double>(bucket) / kPerUnit);
}

void Series::add(std::uint64_t index, double value) {
  LB_CHECK(index < values_);
  const auto batch = static_cast<std::size_t>(index * kBatches / values_);
  sums_[batch] += value;
  ++counts_[batch];
  ++buckets_[bucketOf(value)][batch];
  ++count_;
}

Estimate Series::mean() const {
  std::array<double, kBatches> means{};
  for (std::size_t i = 0; i < kBatches; ++i) means[i] = sums_[i] / static_cast<double>(counts_[i]);
  return fromBatches(means);
}

// The error of a quantile is that of the share beyond it, divided by the density there.
Estimate Series::quantile(double q) const {
  std::array<std::uint64_t, kBatches> beyond{};
  std::uint64_t all = 0;
  std::size_t bucket = kBuckets;
  const double wanted = (1 - q) * static_cast<double>(count_);
  while (static_cast<double>(all) < wanted) {
    --bucket;
    for (std::size_t i = 0; i < kBatches; ++i) {
      beyond[i] += buckets_[bucket][i];
      all += buckets_[bucket][i];
    }
  }
  constexpr std::size_t kAround = 100;  // a tenth to either side
  std::uint64_t near = 0;
  for (std::size_t i = bucket - kAround; i < std::min(bucket + kAround, kBuckets); ++i) {
    for (const std::uint32_t one : buckets_[i]) near += one;
  }
  const double width = edgeOf(bucket + kAround) - edgeOf(bucket - kAround);
  const double density = static_cast<double>(near) / static_cast<double>(count_) / width;
  std::array<double, kBatches> shares{};
  for (std::size_t i = 0; i < kBatches; ++i) {
    shares[i] = static_cast<double>(beyond[i]) / static_cast<double>(counts_[i]);
  }
  return {edgeOf(bucket), fromBatches(shares).error / density};
}

double chiSquare(std::span<const std::uint64_t> counts) {
  std::uint64_t sum = 0;
  for (const std::uint64_t count : counts) sum += count;
  const double expected = static_cast<double>(sum) / static_cast<double>(counts.size());
  double result = 0;
  for (const std::uint64_t count : counts) {
    const double off = static_cast<double>(count) - expected;
    result += off * off / expected;
  }
  return result;
}

}  // namespace sim::validate
