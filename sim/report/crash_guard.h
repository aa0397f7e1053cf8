// Somebody gets the word when this process is about to die of a signal that it raised itself: a broken invariant of the
// proxy (abort), a bad pointer, no end (HangWatch). What is known of the run is then written down before it is lost.
#pragma once

#include <functional>

namespace sim::report {

class CrashGuard {
 public:
  // `last_word` gets the signal and must not return to the code that failed. It runs inside that code: what it touches
  // may be broken, and if it crashes itself, the process dies as it would have without it. One guard at a time.
  explicit CrashGuard(std::function<void(int)> last_word);
  ~CrashGuard();
  CrashGuard(const CrashGuard&) = delete;
  CrashGuard& operator=(const CrashGuard&) = delete;
};

}  // namespace sim::report
