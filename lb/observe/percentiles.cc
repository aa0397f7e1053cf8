// The log-linear histogram. Octave 0 holds 0 to 63 ns exactly; octave k > 0 holds 64 * 2^(k-1) up to 64 * 2^k in 64
// steps, so that a step is at most 1/64 of its values and its middle at most 1/128 away from them.
#include <algorithm>
#include <bit>
#include <cmath>

#include "lb/base/check.h"
#include "lb/observe/histogram.h"

namespace lb::observe {
namespace {

constexpr std::uint32_t kStepBits = 6;  // 64 steps

struct Cell {
  std::size_t octave;
  std::size_t step;
};

Cell cellOf(std::uint64_t ns, std::size_t octaves, std::size_t steps) {
  if (ns < steps) return {0, static_cast<std::size_t>(ns)};
  const auto octave = static_cast<std::size_t>(std::bit_width(ns)) - kStepBits;
  if (octave >= octaves) return {octaves - 1, steps - 1};
  return {octave, static_cast<std::size_t>(ns >> (octave - 1)) - steps};
}

std::int64_t middleOf(Cell cell, std::size_t steps) {
  if (cell.octave == 0) return static_cast<std::int64_t>(cell.step);
  const std::size_t shift = cell.octave - 1;
  const std::uint64_t low = static_cast<std::uint64_t>(steps + cell.step) << shift;
  return static_cast<std::int64_t>(low + (std::uint64_t{1} << shift) / 2);
}

}  // namespace

Percentiles::~Percentiles() {
  for (std::atomic<Octave*>& octave : octaves_) delete octave.load(std::memory_order_relaxed);
}

void Percentiles::observe(Duration value) {
  static_assert(kSteps == std::size_t{1} << kStepBits);
  const auto ns = static_cast<std::uint64_t>(std::max<std::int64_t>(value.count(), 0));
  const Cell cell = cellOf(ns, kOctaves, kSteps);
  Octave* octave = octaves_[cell.octave].load(std::memory_order_relaxed);
  if (octave == nullptr) {
    octave = new Octave();  // owned by octaves_, deleted by the destructor
    octaves_[cell.octave].store(octave, std::memory_order_release);
  }
  if (ns > max_ns_.get()) max_ns_.set(ns);
  (*octave)[cell.step].add();
  count_.add();
}

void Percentiles::Sum::add(const Percentiles& one) {
  counts_.resize(kOctaves * kSteps);
  for (std::size_t i = 0; i < kOctaves; ++i) {
    const Octave* octave = one.octaves_[i].load(std::memory_order_acquire);
    if (octave == nullptr) continue;
    for (std::size_t step = 0; step < kSteps; ++step) {
      const std::uint64_t count = (*octave)[step].get();
      counts_[i * kSteps + step] += count;
      count_ += count;  // of what was really read here, so that ranks fit even while the worker goes on
    }
  }
  max_ = std::max(max_, static_cast<std::int64_t>(one.max_ns_.get()));
}

Duration Percentiles::Sum::quantile(double q) const {
  LB_CHECK(q >= 0 && q <= 1);
  if (count_ == 0) return Duration(0);
  // Nearest rank. The small step back keeps 0.07 * 100 = 7.000000000000001 from becoming rank 8.
  const double exact = std::ceil(q * static_cast<double>(count_) - 1e-6);
  const std::uint64_t rank = std::clamp<std::uint64_t>(static_cast<std::uint64_t>(std::max(exact, 1.0)), 1, count_);
  if (rank == count_) return Duration(max_);
  std::uint64_t below = 0;
  for (std::size_t i = 0; i < counts_.size(); ++i) {
    below += counts_[i];
    if (below >= rank) return Duration(std::min(middleOf({i / kSteps, i % kSteps}, kSteps), max_));
  }
  return Duration(max_);
}

}  // namespace lb::observe
