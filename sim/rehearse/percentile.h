// Percentiles of exact values, by nearest rank: the smallest value that at least q percent do not exceed.
#pragma once

#include <algorithm>
#include <cmath>
#include <vector>

#include "lb/env/clock.h"

namespace sim::rehearse {

// Rearranges the values. REQUIRES: at least one.
[[nodiscard]] inline lb::Duration percentileOf(std::vector<lb::Duration>& values, double q) {
  const auto count = static_cast<double>(values.size());
  const auto rank = static_cast<std::size_t>(std::max(1.0, std::ceil(q / 100 * count - 1e-9)));
  const auto at = values.begin() + static_cast<std::ptrdiff_t>(std::min(rank, values.size()) - 1);
  std::ranges::nth_element(values, at);
  return *at;
}

[[nodiscard]] inline lb::Duration meanOf(const std::vector<lb::Duration>& values) {
  lb::Duration sum{};
  for (const lb::Duration value : values) sum += value;
  return sum / static_cast<lb::Duration::rep>(values.size());
}

}  // namespace sim::rehearse
