// What whoever operates the proxy does in a scenario: where it listens, when it reloads, whether that goes over the
// control plane, and how long a drain is announced.
#pragma once

#include "sim/plan/scenario.h"

namespace sim::plan {

// Switches the families `control_plane` and `listeners` on or off, from chance of their own.
void drawOperator(Scenario& scenario);  // into one that is complete without it

}  // namespace sim::plan
