// Finds resets that the event library cannot tell from data.
//
// Streams trust a short read to mean "nothing more", which saves a system call per message. The end of a stream is
// announced apart from data (EV_CLOSED), but when data and a reset arrive together libevent reports both as plain
// readiness; the short read then takes the data and the reset would stay unseen until the next write. So a stream
// registers here after such a read, and if it is still quiet an interval later, it is asked to look once. A busy
// keep-alive connection leaves again before that, with its next event or write, and pays nothing.
#pragma once

#include <memory>

#include "lb/env/loop.h"
#include "lb/os/link.h"

namespace lb::os {

class QuietRead : public Link<QuietRead> {
 public:
  virtual void lookAgain() = 0;  // must not call out of lb/os

 protected:
  ~QuietRead() = default;
};

class QuietReads {
 public:
  explicit QuietReads(Loop& loop);
  void add(QuietRead& stream);

 private:
  void onTimer();

  LinkList<QuietRead> young_;  // registered since the timer was last due
  LinkList<QuietRead> old_;    // quiet for at least one interval when the timer is due next
  std::unique_ptr<Timer> timer_;
  bool armed_ = false;
};

}  // namespace lb::os
