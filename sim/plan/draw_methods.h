// Methods beyond those that everybody uses: PATCH and OPTIONS, and one that nobody has heard of, which may not be sent
// twice either (RFC 9110 9.2.2).
#pragma once

#include "sim/plan/scenario.h"

namespace sim::plan {

// Those of the family methods, instead of POST and GET. REQUIRES: all requests are drawn.
void drawMethods(Scenario& scenario);

}  // namespace sim::plan
