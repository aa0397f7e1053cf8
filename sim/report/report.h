// What a person gets to see of a run that failed.
#pragma once

#include <string>

#include "sim/check/ledger.h"
#include "sim/plan/scenario.h"

namespace sim::report {

[[nodiscard]] std::string failure(const plan::Scenario& scenario, const check::Ledger& ledger);

}  // namespace sim::report
