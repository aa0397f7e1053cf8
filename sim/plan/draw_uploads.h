// Exchanges of two directions at once: answers that begin before their request is whole, and clients that do not go on
// before they are told to.
#pragma once

#include "sim/plan/scenario.h"

namespace sim::plan {

// Adds those of the families duplex and patient. REQUIRES: all else is drawn.
void drawUploads(Scenario& scenario);

}  // namespace sim::plan
