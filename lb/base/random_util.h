// Integers from random words, the same on every compiler and platform (std:: distributions are not specified).
#pragma once

#include <cstdint>

#include "lb/base/check.h"
#include "lb/env/random.h"

namespace lb {

// Uniform in [0, bound), without modulo bias (Lemire, "Fast random integer generation in an interval", 2019).
inline std::uint64_t below(Random& random, std::uint64_t bound) {
  LB_CHECK(bound > 0);
  __extension__ using Wide = unsigned __int128;
  Wide product = static_cast<Wide>(random.next()) * bound;
  if (static_cast<std::uint64_t>(product) < bound) {
    const std::uint64_t threshold = -bound % bound;
    while (static_cast<std::uint64_t>(product) < threshold) product = static_cast<Wide>(random.next()) * bound;
  }
  return static_cast<std::uint64_t>(product >> 64);
}

}  // namespace lb
