// "A..B", both included.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace sim::cli {

struct SeedRange {
  std::uint64_t first = 0;
  std::uint64_t last = 0;
};

[[nodiscard]] std::optional<SeedRange> parseSeedRange(const std::string& text);

}  // namespace sim::cli
