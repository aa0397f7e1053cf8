// What is wrong with the ways between the hosts and with names: packets that are lost, a pair of hosts that is far
// apart for good, lookups that take their time.
#pragma once

#include "sim/plan/scenario.h"

namespace sim::plan {

// Switches the families `loss`, `far` and `slow_dns` on or off, each from chance of its own. REQUIRES: all else is
// drawn; a long way has to fit it.
void drawNetwork(Scenario& scenario);

}  // namespace sim::plan
