// Latency in three shapes, each written by one worker and readable by any thread: cumulative buckets for Prometheus,
// the true maximum of the last minute, and percentiles exact to one per cent.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include "lb/env/clock.h"
#include "lb/observe/counter.h"

namespace lb::observe {

using Buckets = std::vector<double>;  // upper bounds in seconds, ascending, without +Inf

// The largest value of the last 60 to 70 s: 7 slices of 10 s. Nothing is reset by reading, so two scrapers see the
// same, and any scrape interval up to 60 s sees every maximum at least once.
class SlidingMax {
 public:
  SlidingMax() : past_(std::make_unique<std::array<Slice, kPast>>()) {}
  void observe(Duration value, MonoTime now);
  [[nodiscard]] Duration max(MonoTime now) const;

 private:
  static constexpr std::size_t kPast = 6;
  struct Slice {
    std::atomic<std::int64_t> number{-1};  // now / 10 s when it was written
    std::atomic<std::int64_t> max{0};
  };
  Slice current_;
  std::unique_ptr<std::array<Slice, kPast>> past_;  // a ring; apart from what every observation writes
};

// Bounds as observe() wants them. Immutable, and one serves all histograms that have the same.
class BucketLayout {
 public:
  explicit BucketLayout(Buckets bounds);
  [[nodiscard]] const Buckets& bounds() const { return bounds_; }
  // The first bound not below the value, as Prometheus's "less than or equal" has it; after the last: +Inf.
  // REQUIRES: ns >= 0.
  [[nodiscard]] std::size_t bucketOf(std::int64_t ns) const;

 private:
  Buckets bounds_;
  std::vector<std::int64_t> bounds_ns_;
  std::array<std::uint16_t, 64> first_{};  // by the value's width in bits: no earlier bucket can hold it
};

// What every observation writes is one cache line, and the bucket: a proxy with a thousand backends meets each of them
// with cold caches.
class alignas(64) Histogram {
 public:
  explicit Histogram(std::shared_ptr<const BucketLayout> layout);
  void observe(Duration value, MonoTime now);
  [[nodiscard]] const Buckets& bounds() const { return layout_->bounds(); }
  // Not cumulative; the last, after all bounds, is +Inf.
  [[nodiscard]] std::uint64_t countAt(std::size_t bucket) const { return counts_[bucket].get(); }
  [[nodiscard]] std::uint64_t count() const;
  [[nodiscard]] double sumSeconds() const;
  [[nodiscard]] Duration max(MonoTime now) const { return max_.max(now); }

 private:
  std::shared_ptr<const BucketLayout> layout_;
  std::unique_ptr<Counter[]> counts_;
  Counter sum_ns_;
  SlidingMax max_;
};

// Log-linear histogram (as HdrHistogram): 64 linear steps per power of two, relative error at most 1/128. Octaves are
// allocated when first hit, so that a quiet service costs little.
class Percentiles {
 public:
  Percentiles() = default;
  ~Percentiles();
  Percentiles(const Percentiles&) = delete;
  Percentiles& operator=(const Percentiles&) = delete;
  void observe(Duration value);
  [[nodiscard]] std::uint64_t count() const { return count_.get(); }

  // Adds up several workers' histograms.
  class Sum {
   public:
    void add(const Percentiles& one);
    [[nodiscard]] std::uint64_t count() const { return count_; }
    [[nodiscard]] Duration quantile(double q) const;  // 0 when empty; at q = 1 the true maximum
   private:
    std::vector<std::uint64_t> counts_;
    std::uint64_t count_ = 0;
    std::int64_t max_ = 0;
  };

 private:
  static constexpr std::size_t kSteps = 64;
  static constexpr std::size_t kOctaves = 42;  // to 2^41 ns and more: half an hour and above
  using Octave = std::array<Counter, kSteps>;
  std::array<std::atomic<Octave*>, kOctaves> octaves_{};
  Counter count_;
  Counter max_ns_;
};

}  // namespace lb::observe
