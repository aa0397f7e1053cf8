// Several deadlines of one connection on one timer.
//
// Lazy: moving a deadline later only remembers it, and the timer that fires early is armed anew. A connection that is
// busy therefore touches the timer heap about once a timeout, not once a request.
#pragma once

#include <array>
#include <cstddef>
#include <memory>

#include "lb/env/clock.h"
#include "lb/env/loop.h"

namespace lb {

class DeadlineEvents {
 public:
  // The deadline is cleared already. The receiver may retire itself.
  virtual void onDeadline(std::size_t slot) = 0;

 protected:
  ~DeadlineEvents() = default;
};

class Deadlines {
 public:
  static constexpr std::size_t kSlots = 4;

  Deadlines(Loop& loop, const Clock& clock, DeadlineEvents& events);

  void set(std::size_t slot, Duration delay);  // from now; replaces
  void setUnlessSet(std::size_t slot, Duration delay) {
    if (!isSet(slot)) set(slot, delay);
  }
  void clear(std::size_t slot) { due_[slot] = kNever; }
  [[nodiscard]] bool isSet(std::size_t slot) const { return due_[slot] != kNever; }
  void clearAll() { due_.fill(kNever); }

 private:
  static constexpr MonoTime kNever{Duration::max()};
  void onTimer();
  void armFor(MonoTime due);

  const Clock& clock_;
  DeadlineEvents& events_;
  std::array<MonoTime, kSlots> due_;
  MonoTime armed_ = kNever;
  std::unique_ptr<Timer> timer_;
};

}  // namespace lb
