// Who gets how much, and who belongs where: policies, weights, backups, keys, cookies. From randomness of its own, so
// that the rest of each scenario stays what it was before there was any of this.
#pragma once

#include "sim/plan/scenario.h"

namespace sim::plan {

// Draws which of the families of balancing are on, and what they stand for.
void shapeBalance(Scenario& scenario, Prng random);

inline constexpr const char* kKeyField = "X-Sim-Key";  // that services hash by
inline constexpr const char* kKeyCookie = "key";
inline constexpr const char* kStickyCookie = "afe";

}  // namespace sim::plan
