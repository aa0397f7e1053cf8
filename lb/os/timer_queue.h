// The armed timers of one loop: a binary heap by deadline in which every timer knows its place, so that disarming and
// re-arming are O(log n) and allocate nothing beyond the heap's own growth.
#pragma once

#include <cstddef>
#include <vector>

#include "lb/env/clock.h"

namespace lb::os {

class OsTimer;

class TimerQueue {
 public:
  [[nodiscard]] bool empty() const { return heap_.empty(); }
  [[nodiscard]] MonoTime earliest() const { return heap_.front().deadline; }  // REQUIRES: not empty
  void put(OsTimer& timer, MonoTime deadline);                                // REQUIRES: not in the queue
  void remove(OsTimer& timer);                                                // REQUIRES: in the queue
  OsTimer& popEarliest();                                                     // REQUIRES: not empty

 private:
  struct Entry {
    MonoTime deadline;
    OsTimer* timer;
  };
  void place(std::size_t at, const Entry& entry);
  void siftUp(std::size_t at, const Entry& entry);
  void siftDown(std::size_t at, const Entry& entry);

  std::vector<Entry> heap_;
};

}  // namespace lb::os
