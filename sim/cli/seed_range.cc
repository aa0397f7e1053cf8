// See seed_range.h.
#include "sim/cli/seed_range.h"

#include <charconv>

namespace sim::cli {

std::optional<SeedRange> parseSeedRange(const std::string& text) {
  SeedRange range;
  const char* const end = text.data() + text.size();
  const auto first = std::from_chars(text.data(), end, range.first);
  if (first.ec != std::errc{} || !std::string_view(first.ptr, end).starts_with("..")) return std::nullopt;
  const auto last = std::from_chars(first.ptr + 2, end, range.last);
  if (last.ec != std::errc{} || last.ptr != end || range.last < range.first) return std::nullopt;
  return range;
}

}  // namespace sim::cli
