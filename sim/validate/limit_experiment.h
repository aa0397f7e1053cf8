// Adaptive concurrency under overload: where the limit settles, and what the backend still gets done.
#pragma once

#include <vector>

#include "sim/validate/validate.h"

namespace sim::validate {

[[nodiscard]] std::vector<Verdict> adaptiveLimit(const Options& options);

}  // namespace sim::validate
