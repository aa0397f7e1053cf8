// Scenarios without one of their parts: what refers to others by number still refers to the same ones.
#pragma once

#include "sim/plan/scenario.h"

namespace sim::plan {

// With the requests to it.
void removeService(Scenario& scenario, std::size_t index);
// With the faults that befall it and the hosts of services that stand for it.
void removeBackend(Scenario& scenario, std::size_t index);

}  // namespace sim::plan
