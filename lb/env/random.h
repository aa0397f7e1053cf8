// The one source of randomness. Uniform 64-bit words; everything else is derived in lb/base/random_util.h.
#pragma once

#include <cstdint>

namespace lb {

class Random {
 public:
  virtual ~Random() = default;
  virtual std::uint64_t next() = 0;
};

}  // namespace lb
