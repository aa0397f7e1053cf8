// One event loop: everything of one worker runs on it, one callback at a time.
//
// Order within a turn, the same in every environment: I/O readiness, due timers, posted tasks, retired objects.
// Timers with equal deadlines fire in no promised order.
#pragma once

#include <functional>
#include <memory>

#include "lb/env/clock.h"

namespace lb {

struct Disposable {
  virtual ~Disposable() = default;
};

// Owned by what it times out; destroying it disarms it.
class Timer {
 public:
  virtual ~Timer() = default;
  virtual void arm(Duration delay) = 0;  // re-arming replaces; never fires early; zero fires in a later turn
  virtual void disarm() = 0;             // after this it does not fire, not even if it was already due
};

class Loop {
 public:
  virtual ~Loop() = default;
  // The callback may disarm, re-arm or retire the timer's owner; it may not destroy the timer itself.
  [[nodiscard]] virtual std::unique_ptr<Timer> makeTimer(std::move_only_function<void()> on_fire) = 0;
  virtual void post(std::move_only_function<void()> task) = 0;  // runs in a later turn, FIFO
  virtual void retire(std::unique_ptr<Disposable> object) = 0;  // destroyed after this turn's callbacks
};

}  // namespace lb
