// Faults that are drawn last, each from randomness of its own, so that whatever else a seed has stays what it was:
// hosts that die without a word, resets behind whole answers, faults that wait for a number of requests, and which
// worker of the proxy stands still; and how slow a slow network is.
#pragma once

#include "sim/plan/scenario.h"

namespace sim::plan {

// Adds those of the families power_cut, reset_after, counted and any_worker. REQUIRES: all else is drawn.
void drawFaults(Scenario& scenario);

}  // namespace sim::plan
