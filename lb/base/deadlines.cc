// See deadlines.h.
#include "lb/base/deadlines.h"

#include <algorithm>

namespace lb {

Deadlines::Deadlines(Loop& loop, const Clock& clock, DeadlineEvents& events)
    : clock_(clock), events_(events), timer_(loop.makeTimer([this] { onTimer(); })) {
  due_.fill(kNever);
}

void Deadlines::set(std::size_t slot, Duration delay) {
  due_[slot] = clock_.now() + delay;
  if (due_[slot] < armed_) armFor(due_[slot]);
}

void Deadlines::armFor(MonoTime due) {
  armed_ = due;
  timer_->arm(std::max(due - clock_.now(), Duration::zero()));
}

void Deadlines::onTimer() {
  armed_ = kNever;
  const MonoTime now = clock_.now();
  const auto first = std::ranges::min_element(due_);
  const MonoTime due = *first;
  if (due == kNever) return;
  if (due > now) {
    armFor(due);
    return;
  }
  *first = kNever;
  const MonoTime next = *std::ranges::min_element(due_);
  if (next != kNever) armFor(next);
  events_.onDeadline(static_cast<std::size_t>(first - due_.begin()));
}

}  // namespace lb
