// Routes and rules for heads, and requests that meet them.
#pragma once

#include "sim/plan/scenario.h"

namespace sim::plan {

// Switches the family `routes` on or off, from chance of its own. REQUIRES: all else has been drawn. Then the services
// become alike but for their names, domains and rules, so that whatever judges a request by its service may take any of
// them; the rules tell which one it was. Requests that draw nothing here match no route.
void drawRoutes(Scenario& scenario);

}  // namespace sim::plan
