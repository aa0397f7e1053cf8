// Buckets and the sliding maximum. One worker writes; a reader on another thread may see a value in a bucket a moment
// before it sees it in the sum, which a scrape cannot tell from having come a moment earlier.
#include "lb/observe/histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <utility>

namespace lb::observe {
namespace {

constexpr std::int64_t kSliceNanoseconds = 10'000'000'000;

// Two precise clock readings may be equal; they are never in the wrong order, but a caller's arithmetic may be.
std::int64_t nanoseconds(Duration value) {
  return std::max<std::int64_t>(value.count(), 0);
}

}  // namespace

// The slice that is over goes into the ring before another takes its place. A reader looks at the current one first: it
// sees the old one there, or -1 or the new number or maximum and with it the old one in the ring.
void SlidingMax::observe(Duration value, MonoTime now) {
  const std::int64_t number = now.since_start.count() / kSliceNanoseconds;
  const std::int64_t ns = nanoseconds(value);
  const std::int64_t over = current_.number.load(std::memory_order_relaxed);
  if (over == number) {
    if (ns > current_.max.load(std::memory_order_relaxed)) current_.max.store(ns, std::memory_order_relaxed);
    return;
  }
  if (over >= 0) {
    Slice& past = (*past_)[static_cast<std::size_t>(over) % kPast];
    past.number.store(-1, std::memory_order_relaxed);
    past.max.store(current_.max.load(std::memory_order_relaxed), std::memory_order_release);  // keeps the -1 before it
    past.number.store(over, std::memory_order_release);
  }
  current_.number.store(-1, std::memory_order_release);
  current_.max.store(ns, std::memory_order_release);
  current_.number.store(number, std::memory_order_release);
}

Duration SlidingMax::max(MonoTime now) const {
  // Slices newer than `now` count too: the reader's clock may stand at the start of its own loop turn.
  const std::int64_t oldest = now.since_start.count() / kSliceNanoseconds - static_cast<std::int64_t>(kPast);
  const auto maxOf = [&](const Slice& slice) {
    const std::int64_t number = slice.number.load(std::memory_order_acquire);
    return number >= 0 && number >= oldest ? slice.max.load(std::memory_order_acquire) : 0;
  };
  std::int64_t max = maxOf(current_);
  for (const Slice& slice : *past_) max = std::max(max, maxOf(slice));
  return Duration(max);
}

BucketLayout::BucketLayout(Buckets bounds) : bounds_(std::move(bounds)) {
  bounds_ns_.reserve(bounds_.size());
  for (const double bound : bounds_) bounds_ns_.push_back(std::llround(bound * 1e9));
  for (std::size_t width = 0; width < first_.size(); ++width) {
    const std::int64_t least = width == 0 ? 0 : std::int64_t{1} << (width - 1);
    first_[width] = static_cast<std::uint16_t>(std::ranges::lower_bound(bounds_ns_, least) - bounds_ns_.begin());
  }
}

std::size_t BucketLayout::bucketOf(std::int64_t ns) const {
  std::size_t bucket = first_[static_cast<std::size_t>(std::bit_width(static_cast<std::uint64_t>(ns)))];
  while (bucket < bounds_ns_.size() && bounds_ns_[bucket] < ns) ++bucket;
  return bucket;
}

Histogram::Histogram(std::shared_ptr<const BucketLayout> layout)
    : layout_(std::move(layout)), counts_(std::make_unique<Counter[]>(layout_->bounds().size() + 1)) {
  static_assert(sizeof(Histogram) == alignof(Histogram));
}

void Histogram::observe(Duration value, MonoTime now) {
  const std::int64_t ns = nanoseconds(value);
  counts_[layout_->bucketOf(ns)].add();
  sum_ns_.add(static_cast<std::uint64_t>(ns));
  max_.observe(Duration(ns), now);
}

std::uint64_t Histogram::count() const {
  std::uint64_t count = 0;
  for (std::size_t i = 0; i <= bounds().size(); ++i) count += counts_[i].get();
  return count;
}

double Histogram::sumSeconds() const {
  return static_cast<double>(sum_ns_.get()) / 1e9;
}

}  // namespace lb::observe
