// The end of a program whose invariants are broken.
#include "lb/base/check.h"

#include <cstdio>
#include <cstdlib>

namespace lb {

void checkFailed(const char* expression, const char* file, int line) {
  std::fprintf(stderr, "%s:%d: invariant broken: %s\n", file, line, expression);
  std::abort();
}

}  // namespace lb
