// The Date field (RFC 9110 5.6.7), by integer arithmetic on the wall time that the environment gives.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "lb/env/clock.h"

namespace lb::front {

[[nodiscard]] std::string httpDate(WallTime time);  // "Sun, 06 Nov 1994 08:49:37 GMT"

// For whoever needs it with every message: written anew once a second.
class DateOfSecond {
 public:
  [[nodiscard]] std::string_view at(WallTime time);  // valid until the next call

 private:
  std::chrono::seconds second_ = std::chrono::seconds::min();
  std::string text_;
};

}  // namespace lb::front
