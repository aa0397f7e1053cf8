// See hang_watch.h.
#include "sim/report/hang_watch.h"

#include <sys/time.h>

#include "lb/base/check.h"

namespace sim::report {
namespace {

void setTimer(std::chrono::seconds time) {
  itimerval timer{};
  timer.it_value.tv_sec = time.count();
  LB_CHECK(setitimer(ITIMER_VIRTUAL, &timer, nullptr) == 0);
}

}  // namespace

HangWatch::HangWatch(std::chrono::seconds limit) {
  setTimer(limit);
}

HangWatch::~HangWatch() {
  setTimer(std::chrono::seconds(0));
}

}  // namespace sim::report
