// What concerns backends' health in a scenario: families, settings, and faults of their own.
#pragma once

#include "sim/plan/scenario.h"

namespace sim::plan {

void drawHealth(Scenario& scenario);  // into one that is complete without it

// Last of all: whose backends are left out is told by services, which routes mix; and what is off has no settings.
void settleHealth(Scenario& scenario);

}  // namespace sim::plan
