// Faults that are more than one of a kind for a time: several that belong together, and those that wait for something
// to happen.
#pragma once

#include "sim/core/chance.h"
#include "sim/plan/scenario.h"

namespace sim::plan {

// Adds those of the families swizzle, isolation and trigger. REQUIRES: clients and backends are there.
void shapeFaults(Scenario& scenario, Prng& random);

// All backends but one refuse connections from the first moment on. REQUIRES: there are some.
void addOutage(Scenario& scenario, Prng& random);

// Of the proxy, many short ones.
void addHiccups(Scenario& scenario, Prng& random);

}  // namespace sim::plan
