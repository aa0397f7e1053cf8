// How long a backend takes, as all workers see it: a moving average that follows every rise at once and forgets slowly
// (Finagle's peak EWMA). Errors count as slow answers, or a backend that fails fast would draw the traffic.
//
// Two atomics that are not updated together: of two observations at the same moment one may be lost, which a moving
// average does not mind.
#pragma once

#include <atomic>
#include <chrono>

#include "lb/env/clock.h"

namespace lb::balance {

class Latency {
 public:
  static constexpr Duration kForgets = std::chrono::seconds(10);  // to 1/e
  static constexpr Duration kPenalty = std::chrono::seconds(5);   // of an error, and of 429 (Too Many Requests)
  static constexpr Duration kFresh = 3 * kForgets;

  void observe(Duration took, MonoTime now);
  // Of an attempt that was given up: it would have taken at least so long.
  void observeAtLeast(Duration took, MonoTime now);

  // Another backend has its address now.
  void forget() {
    cost_.store(0, std::memory_order_relaxed);
    stamp_.store(0, std::memory_order_relaxed);
  }

  [[nodiscard]] bool known() const { return cost_.load(std::memory_order_relaxed) > 0; }
  // And seen lately. Of older ones so little is left that times any number of requests it is next to nothing.
  [[nodiscard]] bool fresh(MonoTime now) const {
    return known() && now.since_start - Duration(stamp_.load(std::memory_order_relaxed)) < kFresh;
  }
  [[nodiscard]] double seconds(MonoTime now) const;  // what is left of it; 0: nothing is known

 private:
  std::atomic<double> cost_{0};  // seconds, as of stamp_
  std::atomic<Duration::rep> stamp_{0};
};

// e to the power of -time/span, from +, - and * alone: the same on every machine, or seeds would not repeat.
[[nodiscard]] double decay(Duration time, Duration span);

}  // namespace lb::balance
