// What shares backends get: by weight, while one of them starts slowly, and of the keys of `balance: hash`.
#pragma once

#include <vector>

#include "sim/validate/validate.h"

namespace sim::validate {

[[nodiscard]] std::vector<Verdict> weightedPicks(const Options& options);
[[nodiscard]] std::vector<Verdict> slowStartShare(const Options& options);
// Of the table that keys are looked up in, for its own: what moves when hosts go, and how even it is.
[[nodiscard]] std::vector<Verdict> hashTable(const Options& options);

}  // namespace sim::validate
