// Assertions that stay on in release builds. They guard the program's own invariants, never what a client, a backend
// or the operating system may do: those failures are values, handled and counted.
#pragma once

namespace lb {
[[noreturn]] void checkFailed(const char* expression, const char* file, int line);
}  // namespace lb

#define LB_CHECK(expression) \
  (static_cast<bool>(expression) ? static_cast<void>(0) : ::lb::checkFailed(#expression, __FILE__, __LINE__))
