// See wait_queue.h.
#include "lb/back/wait_queue.h"

#include <algorithm>
#include <utility>

#include "lb/base/check.h"

namespace lb::back {

WaitQueue::WaitQueue(Loop& loop, const Clock& clock, std::atomic<std::uint32_t>& all_workers, std::function<bool()> any)
    : clock_(clock), all_workers_(all_workers), any_(std::move(any)), timer_(loop.makeTimer([this] { look(); })) {}

bool WaitQueue::enter(Waiter& waiter, std::uint32_t max, Duration timeout) {
  LB_CHECK(!waiter.waiting_);
  std::uint32_t waiting = all_workers_.load(std::memory_order_relaxed);
  do {
    if (waiting >= max) return false;
  } while (!all_workers_.compare_exchange_weak(waiting, waiting + 1, std::memory_order_relaxed));
  waiter.waiting_ = true;
  waiter.due_ = clock_.now() + timeout;
  waiter.before_ = last_;
  waiter.behind_ = nullptr;
  (last_ != nullptr ? last_->behind_ : first_) = &waiter;
  last_ = &waiter;
  if (first_ == &waiter) timer_->arm(kLook);
  return true;
}

Waiter& WaitQueue::unlink(Waiter& waiter) {
  LB_CHECK(waiter.waiting_);
  waiter.waiting_ = false;
  (waiter.before_ != nullptr ? waiter.before_->behind_ : first_) = waiter.behind_;
  (waiter.behind_ != nullptr ? waiter.behind_->before_ : last_) = waiter.before_;
  all_workers_.fetch_sub(1, std::memory_order_relaxed);
  if (first_ == nullptr) timer_->disarm();
  return waiter;
}

void WaitQueue::leave(Waiter& waiter) {
  if (waiter.waiting_) unlink(waiter);
}

void WaitQueue::shorten(Duration timeout) {
  const MonoTime due = clock_.now() + timeout;
  for (Waiter* waiter = first_; waiter != nullptr; waiter = waiter->behind_) waiter->due_ = std::min(waiter->due_, due);
}

void WaitQueue::roomMade() {
  if (first_ != nullptr) timer_->arm(Duration::zero());
}

// Whoever is told may end there and then, and others with it.
void WaitQueue::look() {
  while (first_ != nullptr) {
    if (first_->due_ <= clock_.now()) {
      unlink(*first_).onNoSlot(Waiter::NoSlot::Timeout);
    } else if (Backend* backend = first_->findSlot()) {
      unlink(*first_).onSlot(*backend);
    } else if (!any_()) {
      unlink(*first_).onNoSlot(Waiter::NoSlot::NoBackend);
    } else {
      timer_->arm(kLook);
      return;
    }
  }
}

}  // namespace lb::back
