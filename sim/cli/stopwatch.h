// How long a command has taken on the clock on the wall: for people and budgets, never for a run.
#pragma once

#include <chrono>

#include "lb/os/os_clock.h"

namespace sim::cli {

class Stopwatch {
 public:
  [[nodiscard]] lb::Duration elapsed() const { return clock_.precise() - begin_; }
  [[nodiscard]] double seconds() const { return std::chrono::duration<double>(elapsed()).count(); }

 private:
  lb::os::OsClock clock_;
  lb::MonoTime begin_ = clock_.precise();
};

}  // namespace sim::cli
