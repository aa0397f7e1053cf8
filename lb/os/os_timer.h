// One timer of an OsLoop.
#pragma once

#include <cstddef>
#include <functional>
#include <limits>

#include "lb/env/loop.h"
#include "lb/os/timer_queue.h"

namespace lb::os {

class OsTimer final : public Timer {
 public:
  OsTimer(const Clock& clock, TimerQueue& queue, std::move_only_function<void()> on_fire)
      : clock_(clock), queue_(queue), on_fire_(std::move(on_fire)) {}
  ~OsTimer() override { disarm(); }

  void arm(Duration delay) override;
  void disarm() override;
  void fire() { on_fire_(); }

 private:
  friend class TimerQueue;
  static constexpr std::size_t kNowhere = std::numeric_limits<std::size_t>::max();

  const Clock& clock_;
  TimerQueue& queue_;
  std::move_only_function<void()> on_fire_;
  std::size_t place_ = kNowhere;  // in the queue's heap
};

}  // namespace lb::os
