// Ends a run that does not end. A loop without end inside one callback stops virtual time, so no invariant ever sees
// it; the processor's time goes on. A run takes milliseconds, the longest some seconds, and ten times that with
// sanitizers.
#pragma once

#include <chrono>

namespace sim::report {

// While it lives, this process may use so much of the processor in user mode; then it dies of SIGVTALRM, of which
// CrashGuard hears. One at a time.
class HangWatch {
 public:
  static constexpr std::chrono::seconds kLimit{60};

  explicit HangWatch(std::chrono::seconds limit = kLimit);
  ~HangWatch();
  HangWatch(const HangWatch&) = delete;
  HangWatch& operator=(const HangWatch&) = delete;
};

}  // namespace sim::report
