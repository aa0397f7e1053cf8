// The Date field (RFC 9110 5.6.7), by integer arithmetic on the wall time that the environment gives.
#pragma once

#include <string>

#include "lb/env/clock.h"

namespace lb::front {

[[nodiscard]] std::string httpDate(WallTime time);  // "Sun, 06 Nov 1994 08:49:37 GMT"

}  // namespace lb::front
