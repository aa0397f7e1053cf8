// Hashing of text and numbers that is the same in every process and version: it tells configurations apart, names
// backends to clients and spreads keys. It keeps no secrets and withstands nobody who looks for collisions.
#pragma once

#include <cstdint>
#include <string_view>

namespace lb {

// FNV-1a; `seed` continues where another text ended.
[[nodiscard]] constexpr std::uint64_t fnv1a(std::string_view text, std::uint64_t seed = 0xcbf29ce484222325U) {
  for (const char c : text) seed = (seed ^ static_cast<std::uint8_t>(c)) * 0x100000001b3U;
  return seed;
}

// Every bit of the result depends on every bit of the number (the end of MurmurHash3).
[[nodiscard]] constexpr std::uint64_t mixed(std::uint64_t number) {
  number = (number ^ (number >> 33U)) * 0xff51afd7ed558ccdU;
  number = (number ^ (number >> 33U)) * 0xc4ceb9fe1a85ec53U;
  return number ^ (number >> 33U);
}

}  // namespace lb
