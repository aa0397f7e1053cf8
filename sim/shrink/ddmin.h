// Delta debugging (Zeller's ddmin): of a list of things, a few that are enough for something to happen.
#pragma once

#include <cstddef>
#include <functional>
#include <vector>

namespace sim::shrink {

using Kept = std::vector<std::size_t>;  // indices, ascending

// From 0..count-1, of which all together are known to be enough, a part that is. Without any one of them it is not,
// unless `enough` is random or calls a halt by always saying no.
[[nodiscard]] Kept ddmin(std::size_t count, const std::function<bool(const Kept&)>& enough);

}  // namespace sim::shrink
