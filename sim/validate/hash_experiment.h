// The table that the keys of `balance: hash` are looked up in, by itself.
#pragma once

#include <vector>

#include "sim/validate/validate.h"

namespace sim::validate {

[[nodiscard]] std::vector<Verdict> hashTable(const Options& options);  // what moves when hosts go, and how even it is

}  // namespace sim::validate
