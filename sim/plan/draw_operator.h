// What whoever operates the proxy does in a scenario: when it reloads, and whether that goes over the control plane.
#pragma once

#include "sim/plan/scenario.h"

namespace sim::plan {

// Switches the family `control_plane` on or off, from chance of its own.
void drawOperator(Scenario& scenario);  // into one that is complete without it

}  // namespace sim::plan
