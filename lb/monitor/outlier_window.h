// What requests have said of a backend in the last while: differences of running totals, in ten slices of the window.
#pragma once

#include <array>

#include "lb/back/backend_health.h"

namespace lb::monitor {

class OutlierWindow {
 public:
  static constexpr std::size_t kSlices = 10;
  using Totals = back::BackendHealth::Totals;

  // From here on, so that what was before does not count.
  void restart(const Totals& now) {
    samples_.fill(now);
    next_ = 0;
  }
  void sample(const Totals& now) {
    newest_ = now;
    oldest_ = samples_[next_];
    samples_[next_] = now;
    next_ = (next_ + 1) % kSlices;
  }
  [[nodiscard]] std::uint64_t good() const { return newest_.good - oldest_.good; }
  [[nodiscard]] std::uint64_t bad() const { return newest_.bad - oldest_.bad; }
  [[nodiscard]] std::uint64_t timed() const { return newest_.timed - oldest_.timed; }
  // REQUIRES: timed() > 0.
  [[nodiscard]] Duration meanLatency() const {
    return Duration(static_cast<Duration::rep>((newest_.nanoseconds - oldest_.nanoseconds) / timed()));
  }

 private:
  std::array<Totals, kSlices> samples_{};
  Totals newest_{};
  Totals oldest_{};
  std::size_t next_ = 0;
};

}  // namespace lb::monitor
