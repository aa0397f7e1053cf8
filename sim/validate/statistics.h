// Estimates with their standard errors, from batch means: neighbours in a queue depend on each other, batches that are
// long against the queue's memory hardly do.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

namespace sim::validate {

struct Estimate {
  double value = 0;
  double error = 0;  // standard error
};

// The mean of the batches' values, and how sure it is.
[[nodiscard]] Estimate fromBatches(std::span<const double> batches);

// A fixed number of values in the order of their arrival, cut into batches of equal size.
class Series {
 public:
  static constexpr std::size_t kBatches = 32;

  explicit Series(std::uint64_t values);        // how many there will be
  void add(std::uint64_t index, double value);  // in any order of the index

  [[nodiscard]] std::uint64_t count() const { return count_; }
  [[nodiscard]] Estimate mean() const;
  [[nodiscard]] Estimate quantile(double q) const;

 private:
  // Buckets a thousandth wide.
  static constexpr double kLowest = 1e-6;
  static constexpr double kPerUnit = 1000;
  static constexpr std::size_t kBuckets = 32'000;
  [[nodiscard]] static std::size_t bucketOf(double value);
  [[nodiscard]] static double edgeOf(std::size_t bucket);

  std::uint64_t values_;
  std::uint64_t count_ = 0;
  std::array<double, kBatches> sums_{};
  std::array<std::uint64_t, kBatches> counts_{};
  std::vector<std::array<std::uint32_t, kBatches>> buckets_;  // by batch, so that a quantile has an error as well
};

// The chi-square statistic of counts that are expected to be equal.
[[nodiscard]] double chiSquare(std::span<const std::uint64_t> counts);

}  // namespace sim::validate
