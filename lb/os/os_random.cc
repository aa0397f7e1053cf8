// Seeds the engine with more words than a single seed value could hold.
#include "lb/os/os_random.h"

#include <sys/random.h>

#include <array>
#include <cstddef>
#include <cstdint>

#include "lb/base/check.h"

namespace lb::os {

OsRandom::OsRandom() {
  std::array<std::uint32_t, 16> words{};
  // Up to 256 bytes come whole and uninterrupted once the system's pool is ready (getrandom(2)).
  const ssize_t got = getrandom(words.data(), sizeof(words), 0);
  LB_CHECK(got == static_cast<ssize_t>(sizeof(words)));
  std::seed_seq seed(words.begin(), words.end());
  engine_.seed(seed);
}

}  // namespace lb::os
