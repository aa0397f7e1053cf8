// Whom the policies pick, counted through the whole proxy: one request after the other, so that the answers come in the
// order of the picks.
#pragma once

#include <vector>

#include "sim/validate/validate.h"

namespace sim::validate {

[[nodiscard]] std::vector<Verdict> randomPicks(const Options& options);      // uniform, and independent of each other
[[nodiscard]] std::vector<Verdict> roundRobinPicks(const Options& options);  // each in turn, without exception
// Little's law, a run drained to empty: at the client, at the stations, and that nothing is lost between them.
[[nodiscard]] std::vector<Verdict> littlesLaw(const Options& options);

}  // namespace sim::validate
