// Seeds as people and other programs write them.
#pragma once

#include <cstdint>
#include <string_view>

#include "lb/base/result.h"

namespace sim::cli {

// "4711" is decimal, "0x5b1e" hexadecimal. 7 to 40 hexadecimal digits are a git hash, of which the first seven count: a
// hash and its abbreviations are one seed. Of digits from 0 to 9 alone only a whole hash of 40 is one, because
// everything shorter is a decimal number.
[[nodiscard]] lb::Result<std::uint64_t> parseSeed(std::string_view text);

// One that nobody has run yet.
[[nodiscard]] std::uint64_t freshSeed();

struct SeedRange {
  std::uint64_t first = 0;
  std::uint64_t last = 0;
};

[[nodiscard]] lb::Result<SeedRange> parseSeedRange(std::string_view text);  // "1..1000", both included

}  // namespace sim::cli
