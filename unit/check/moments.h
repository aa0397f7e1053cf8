// Moments of a run, for tests of what is said about them.
#pragma once

#include "lb/env/clock.h"

namespace sim::check {

// So long after the beginning.
constexpr lb::MonoTime at(lb::Duration time) {
  return lb::MonoTime(time);
}

}  // namespace sim::check
