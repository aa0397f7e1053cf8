// Signals as events of the control loop. Construct it before any other thread exists: it blocks the signals for the
// calling thread and those that come from it, and reads them from a descriptor. A blocked signal is queued even for a
// process with the number 1, for which the system otherwise drops signals without a handler. What holdSignals does is
// done as well.
#pragma once

#include <event2/event.h>
#include <event2/event_struct.h>

#include <functional>

#include "lb/os/os_loop.h"
#include "lb/os/unique_fd.h"

namespace lb::os {

struct SignalCallbacks {
  std::function<void()> on_terminate = {};  // SIGTERM, SIGINT
  std::function<void()> on_hangup = {};     // SIGHUP
  std::function<void()> on_user1 = {};      // SIGUSR1
};

// For the first moments of a program, before there is a SignalSource: SIGHUP and SIGUSR1 wait for it instead of ending
// the program, in the threads that come from this one as well. SIGPIPE and SIGXFSZ are ignored for good: who writes
// learns from the call that nobody reads or that the file may not grow. SIGTERM and SIGINT end the program, as there is
// nothing yet that it would have to finish, and it may be waiting for its configuration.
void holdSignals();

class SignalSource {
 public:
  SignalSource(OsLoop& loop, SignalCallbacks callbacks);
  ~SignalSource();  // the signals stay blocked
  SignalSource(const SignalSource&) = delete;
  SignalSource& operator=(const SignalSource&) = delete;

 private:
  void onEvent();

  OsLoop& loop_;
  SignalCallbacks callbacks_;
  UniqueFd fd_;
  event event_{};
};

}  // namespace lb::os
