// Finds resets that the event library cannot tell from data.
//
// Streams trust a short read to mean "nothing more", which saves a system call per message. The end of a stream is
// announced apart from data (EV_CLOSED), but when data and a reset arrive together libevent reports both as plain
// readiness; the short read then takes the data and the reset would stay unseen until the next write. So a stream
// registers here after such a read, and if it is still quiet an interval later, it is asked to look once. A busy
// keep-alive connection leaves again before that, with its next event or write, and pays nothing.
//
// The lists are arrays of pointers: with thousands of connections a linked list would touch two cold ones for each that
// comes or goes.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "lb/env/loop.h"

namespace lb::os {

class QuietReads;

class QuietRead {
 public:
  QuietRead() = default;
  QuietRead(const QuietRead&) = delete;
  QuietRead& operator=(const QuietRead&) = delete;
  virtual void lookAgain() = 0;  // must not call out of lb/os
  void leave();

 protected:
  ~QuietRead() { leave(); }

 private:
  friend class QuietReads;
  std::vector<QuietRead*>* list_ = nullptr;  // that it stands in
  std::size_t place_ = 0;
};

class QuietReads {
 public:
  explicit QuietReads(Loop& loop);
  void add(QuietRead& stream);

 private:
  void onTimer();

  std::vector<QuietRead*> young_;  // registered since the timer was last due
  std::vector<QuietRead*> old_;    // quiet for at least one interval when the timer is due next
  std::unique_ptr<Timer> timer_;
  bool armed_ = false;
};

}  // namespace lb::os
