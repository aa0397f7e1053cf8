// What shares backends get: by weight, and while one of them starts slowly.
#pragma once

#include <vector>

#include "sim/validate/validate.h"

namespace sim::validate {

[[nodiscard]] std::vector<Verdict> weightedPicks(const Options& options);
[[nodiscard]] std::vector<Verdict> slowStartShare(const Options& options);

}  // namespace sim::validate
