// "Did you mean": the nearest of the known words.
#pragma once

#include <optional>
#include <span>
#include <string_view>

namespace lb::config {

// Single insertions, deletions, substitutions and swaps of neighbours that turn one word into the other, case ignored.
[[nodiscard]] std::size_t editDistance(std::string_view left, std::string_view right);

// Nothing when no known word is near enough to be meant: over a third of its letters would be wrong, and the word
// is not its beginning either.
[[nodiscard]] std::optional<std::string_view> suggest(std::string_view word, std::span<const std::string_view> known);

}  // namespace lb::config
