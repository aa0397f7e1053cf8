#include "lb/config/suggest.h"

#include <algorithm>
#include <vector>

namespace lb::config {
namespace {

constexpr std::size_t kWordMax = 64;  // longer ones are no slip of the fingers; bounds the quadratic work

char lower(char character) {
  return character >= 'A' && character <= 'Z' ? static_cast<char>(character - 'A' + 'a') : character;
}

// "addr" surely means "address", although three letters are missing.
bool abbreviates(std::string_view word, std::string_view known) {
  return word.size() >= 3 && known.starts_with(word);
}

std::size_t distanceMax(std::string_view word, std::string_view known) {
  return std::max<std::size_t>(1, std::min(word.size(), known.size()) / 3);
}

}  // namespace

std::size_t editDistance(std::string_view left, std::string_view right) {
  // Three rows of the table are enough: a swap looks two rows back.
  std::vector<std::size_t> before(right.size() + 1), previous(right.size() + 1), row(right.size() + 1);
  for (std::size_t j = 0; j <= right.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= left.size(); ++i) {
    std::swap(before, previous);
    std::swap(previous, row);
    row[0] = i;
    for (std::size_t j = 1; j <= right.size(); ++j) {
      const bool same = lower(left[i - 1]) == lower(right[j - 1]);
      row[j] = std::min({previous[j] + 1, row[j - 1] + 1, previous[j - 1] + (same ? 0 : 1)});
      const bool swapped =
          i > 1 && j > 1 && lower(left[i - 1]) == lower(right[j - 2]) && lower(left[i - 2]) == lower(right[j - 1]);
      if (swapped) row[j] = std::min(row[j], before[j - 2] + 1);
    }
  }
  return row[right.size()];
}

std::optional<std::string_view> suggest(std::string_view word, std::span<const std::string_view> known) {
  if (word.empty() || word.size() > kWordMax) return std::nullopt;
  std::optional<std::string_view> best;
  std::size_t best_distance = 0;
  for (const std::string_view candidate : known) {
    const std::size_t distance = abbreviates(word, candidate) ? 1 : editDistance(word, candidate);
    if (distance > distanceMax(word, candidate) || (best && distance >= best_distance)) continue;
    best = candidate;
    best_distance = distance;
  }
  return best;
}

}  // namespace lb::config
