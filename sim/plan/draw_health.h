// What concerns backends' health in a scenario: families, settings, and faults of their own.
#pragma once

#include "sim/plan/scenario.h"

namespace sim::plan {

void drawHealth(Scenario& scenario);  // into one that is complete without it

// Last of all: where routes mix services, where names change their meaning, and where hosts count differently, nobody
// is left out, because the second opinion (check/health_watch.h) is not yet sure who that should be. And what is off
// has no settings.
void settleHealth(Scenario& scenario);

}  // namespace sim::plan
