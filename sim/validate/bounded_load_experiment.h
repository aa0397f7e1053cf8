// The bound that `hash.max_load` sets on what one backend gets.
#pragma once

#include <vector>

#include "sim/validate/validate.h"

namespace sim::validate {

// Of the policy by itself, keys that come and stay: who has most, who is passed on, and what moves when a host goes.
[[nodiscard]] std::vector<Verdict> boundedLoads(const Options& options);
// Through the whole proxy: what the backend of the hottest key has to do.
[[nodiscard]] std::vector<Verdict> boundedLoadsInProxy(const Options& options);

}  // namespace sim::validate
