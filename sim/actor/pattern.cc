// See pattern.h.
#include "sim/actor/pattern.h"

#include <algorithm>
#include <array>

namespace sim::actor {
namespace {

constexpr std::size_t kCell = 16;

std::array<char, kCell> cell(std::uint64_t id, Direction direction, std::uint64_t number) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::array<char, kCell> made{};
  for (std::size_t i = 0; i < 6; ++i) made[5 - i] = kDigits[(id >> (4 * i)) & 15U];
  made[6] = static_cast<char>(direction);
  for (std::size_t i = 0; i < 8; ++i) made[14 - i] = kDigits[(number >> (4 * i)) & 15U];
  made[15] = '\n';
  return made;
}

}  // namespace

void appendPattern(std::string& out, std::uint64_t id, Direction direction, std::uint64_t offset, std::size_t count) {
  while (count > 0) {
    const auto bytes = cell(id, direction, offset / kCell);
    const std::size_t from = offset % kCell;
    const std::size_t part = std::min(count, kCell - from);
    out.append(bytes.data() + from, part);
    offset += part;
    count -= part;
  }
}

bool isPattern(std::string_view bytes, std::uint64_t id, Direction direction, std::uint64_t offset) {
  while (!bytes.empty()) {
    const auto expected = cell(id, direction, offset / kCell);
    const std::size_t from = offset % kCell;
    const std::size_t part = std::min(bytes.size(), kCell - from);
    if (bytes.substr(0, part) != std::string_view(expected.data() + from, part)) return false;
    offset += part;
    bytes.remove_prefix(part);
  }
  return true;
}

}  // namespace sim::actor
