// What concerns backends' health in a scenario: families, settings, and faults of their own.
#pragma once

#include "sim/plan/scenario.h"

namespace sim::plan {

void drawHealth(Scenario& scenario);  // into one that is complete without it

}  // namespace sim::plan
