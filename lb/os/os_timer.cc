// Deadlines count from the loop's now(). A deadline lies at least one nanosecond ahead of it: as now() stands still
// within a turn, a timer that is armed in a turn cannot fire in the same one, not even with a delay of zero.
#include "lb/os/os_timer.h"

#include <algorithm>

namespace lb::os {

void OsTimer::arm(Duration delay) {
  disarm();
  const MonoTime now = clock_.now();
  const Duration room = Duration::max() - now.since_start;  // "never" must not wrap around into the past
  queue_.put(*this, now + std::clamp(delay, Duration(1), room));
}

void OsTimer::disarm() {
  if (place_ != kNowhere) queue_.remove(*this);
}

}  // namespace lb::os
