// Heap order with the hole method: an entry is moved once, to its final place.
#include "lb/os/timer_queue.h"

#include "lb/base/check.h"
#include "lb/os/os_timer.h"

namespace lb::os {

void TimerQueue::place(std::size_t at, const Entry& entry) {
  heap_[at] = entry;
  entry.timer->place_ = at;
}

void TimerQueue::siftUp(std::size_t at, const Entry& entry) {
  while (at > 0) {
    const std::size_t parent = (at - 1) / 2;
    if (entry.deadline >= heap_[parent].deadline) break;
    place(at, heap_[parent]);
    at = parent;
  }
  place(at, entry);
}

void TimerQueue::siftDown(std::size_t at, const Entry& entry) {
  const std::size_t size = heap_.size();
  for (std::size_t child = 2 * at + 1; child < size; child = 2 * at + 1) {
    if (child + 1 < size && heap_[child + 1].deadline < heap_[child].deadline) ++child;
    if (heap_[child].deadline >= entry.deadline) break;
    place(at, heap_[child]);
    at = child;
  }
  place(at, entry);
}

void TimerQueue::put(OsTimer& timer, MonoTime deadline) {
  LB_CHECK(timer.place_ == OsTimer::kNowhere);
  const Entry entry{deadline, &timer};
  heap_.push_back(entry);
  siftUp(heap_.size() - 1, entry);
}

void TimerQueue::remove(OsTimer& timer) {
  const std::size_t at = timer.place_;
  LB_CHECK(at < heap_.size() && heap_[at].timer == &timer);
  timer.place_ = OsTimer::kNowhere;
  const Entry last = heap_.back();
  heap_.pop_back();
  if (last.timer == &timer) return;
  if (at > 0 && last.deadline < heap_[(at - 1) / 2].deadline) {
    siftUp(at, last);
  } else {
    siftDown(at, last);
  }
}

OsTimer& TimerQueue::popEarliest() {
  OsTimer& timer = *heap_.front().timer;
  remove(timer);
  return timer;
}

}  // namespace lb::os
