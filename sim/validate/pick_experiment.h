// Whom the policies pick, counted through the whole proxy: one request after the other, so that the answers come in the
// order of the picks.
#pragma once

#include <vector>

#include "sim/validate/validate.h"

namespace sim::validate {

[[nodiscard]] std::vector<Verdict> randomPicks(const Options& options);      // uniform, and independent of each other
[[nodiscard]] std::vector<Verdict> roundRobinPicks(const Options& options);  // each in turn, without exception
// The pairs that two choices draw, uniform and in both orders; of the policy by itself, because a pick hides its pair.
[[nodiscard]] std::vector<Verdict> pairsDrawn(const Options& options);
// Where some are down the others share evenly: nobody gets the share of a neighbour who is gone.
[[nodiscard]] std::vector<Verdict> picksBesideTheDown(const Options& options);
// Little's law, a run drained to empty: at the client, at the stations, and that nothing is lost between them.
[[nodiscard]] std::vector<Verdict> littlesLaw(const Options& options);

}  // namespace sim::validate
