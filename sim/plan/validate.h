// What the types of a scenario allow and a run could not make sense of.
#pragma once

#include <string>

#include "sim/plan/scenario.h"

namespace sim::plan {

// The first thing that is wrong, "/clients/3/requests/0/service: ..."; empty: it can be run.
[[nodiscard]] std::string validate(const Scenario& scenario);

// Whether the answer to this request can be wrong in the way that is planned: a length needs one, a chunk as well.
[[nodiscard]] bool canShow(const Request& request);

}  // namespace sim::plan
