// Randomness seeded by the system. One per worker; not for keys or anything secret.
#pragma once

#include <random>

#include "lb/env/random.h"

namespace lb::os {

class OsRandom final : public Random {
 public:
  OsRandom();
  std::uint64_t next() override { return engine_(); }

 private:
  std::mt19937_64 engine_;
};

}  // namespace lb::os
