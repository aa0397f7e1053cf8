// The seed of the stories' worlds: always the same, unless AFE_STORY_SEED asks for another. A story must hold for every
// seed.
#pragma once

#include <cstdint>
#include <cstdlib>

namespace lb::testutil {

inline std::uint64_t storySeed() {
  const char* wanted = std::getenv("AFE_STORY_SEED");
  return wanted == nullptr ? 1 : std::strtoull(wanted, nullptr, 0);
}

}  // namespace lb::testutil
