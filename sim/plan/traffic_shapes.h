// What the proxy is told to do about failing backends and about more than they can take: the families of traffic, and
// the configuration and answers that they stand for.
#pragma once

#include "sim/core/chance.h"
#include "sim/plan/scenario.h"

namespace sim::plan {

// Draws the families and shapes the finished scenario by them. From randomness of its own: without them all else is as
// it was. REQUIRES: services, clients and faults are there.
void shapeTraffic(Scenario& scenario, Prng& random);

}  // namespace sim::plan
