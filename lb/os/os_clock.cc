// CLOCK_MONOTONIC and CLOCK_REALTIME, both answered by the vDSO without a system call.
#include "lb/os/os_clock.h"

#include <ctime>

namespace lb::os {
namespace {

Duration readClock(clockid_t id) {
  timespec time{};
  clock_gettime(id, &time);
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

}  // namespace

MonoTime OsClock::now() const {
  if (!read_) {
    now_ = precise();
    read_ = true;
  }
  return now_;
}

MonoTime OsClock::precise() const {
  return {readClock(CLOCK_MONOTONIC)};
}

WallTime OsClock::wall() const {
  return {readClock(CLOCK_REALTIME)};
}

}  // namespace lb::os
