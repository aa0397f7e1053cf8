// How many requests a backend is given at a time, found by the gradient of its latency (after Envoy's adaptive
// concurrency).
//
// The latency of an idle backend is measured now and then, with few requests on it. After that each window's p90 is
// compared to it: as long as it is not much longer, the limit grows by its own square root, which is the queue that is
// allowed; as it grows longer, the limit is cut in proportion. Only requests that began under the limit in force are
// looked at, and each step goes half of the way: what the last change has done is seen before the next, or the limit
// would swing, and a backend be idle half of the time.
// All workers give samples to one object of each backend; whoever gives the first one after a window's end ends it.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>

#include "lb/config/service.h"
#include "lb/env/clock.h"
#include "lb/env/random.h"

namespace lb::back {

class GradientLimit {
 public:
  static constexpr Duration kWindow = std::chrono::milliseconds(100);
  static constexpr Duration kRemeasure = std::chrono::seconds(60);  // and up to a tenth more
  static constexpr std::uint32_t kLeastSamples = 10;                // or the window goes on
  static constexpr std::uint32_t kIdleSamples = 50;                 // that the latency of an idle backend is found by
  static constexpr double kTolerance = 1.25;                        // times the idle latency is still as good as it
  static constexpr double kQuantile = 0.9;

  [[nodiscard]] std::uint32_t limit(const config::AdaptiveLimit& settings) const {
    const std::uint32_t found = limit_.load(std::memory_order_relaxed);
    return std::clamp(found, settings.min, settings.max);  // settings may be others since the last window's end
  }
  // The head of an answer took that long, of a request that was sent at `begun`; `now` is its end, which a long body
  // may have put off.
  void sample(MonoTime begun, Duration latency, const config::AdaptiveLimit& settings, MonoTime now, Random& random);
  // Ends the window if it is over, which sample() has seen. Whoever comes when another worker has just ended it finds
  // nothing to end; public for the test that is this worker.
  void endWindow(const config::AdaptiveLimit& settings, MonoTime now, Random& random);
  // Another backend has its address now.
  void forget(MonoTime now);

 private:
  static constexpr std::size_t kBuckets = 400;  // each 6 % wider than the last, from a microsecond to hours

  [[nodiscard]] static std::size_t bucketOf(Duration latency);
  [[nodiscard]] static double latencyOf(std::size_t bucket);
  [[nodiscard]] double takeQuantile(std::uint32_t count);
  [[nodiscard]] bool isOver(std::uint32_t samples, MonoTime now) const;  // the window
  void adjust(const config::AdaptiveLimit& settings, MonoTime now, Random& random);

  std::array<std::atomic<std::uint32_t>, kBuckets> counts_{};
  std::atomic<std::uint32_t> samples_{0};
  std::atomic<std::uint32_t> limit_{0};      // in force; 0: nothing is known yet
  std::atomic<std::int64_t> window_end_{0};  // nanoseconds
  std::atomic<std::int64_t> changed_{0};     // when the limit was last set
  std::atomic<bool> ending_{false};
  // Written by whoever ends a window.
  std::atomic<double> idle_latency_{0};  // nanoseconds; 0: being measured
  std::atomic<double> kept_{0};          // the limit before the measuring, with its fraction
  std::atomic<std::int64_t> measure_at_{0};
};

}  // namespace lb::back
