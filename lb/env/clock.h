// Time as the core may know it. Durations are nanoseconds; monotonic and wall time are types that do not mix.
#pragma once

#include <chrono>
#include <compare>

namespace lb {

using Duration = std::chrono::nanoseconds;

struct MonoTime {
  Duration since_start{};
  friend auto operator<=>(const MonoTime&, const MonoTime&) = default;
  friend MonoTime operator+(MonoTime time, Duration delay) { return {time.since_start + delay}; }
  friend Duration operator-(MonoTime later, MonoTime earlier) { return later.since_start - earlier.since_start; }
};

// For logs, Date fields and certificates only; it may jump in either direction.
struct WallTime {
  Duration since_epoch{};
};

class Clock {
 public:
  virtual ~Clock() = default;
  [[nodiscard]] virtual MonoTime now() const = 0;      // constant within one loop turn; drives timers
  [[nodiscard]] virtual MonoTime precise() const = 0;  // a true reading, for latencies only
  [[nodiscard]] virtual WallTime wall() const = 0;
};

}  // namespace lb
