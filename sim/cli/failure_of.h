// What is known of a run that failed, put together for the report.
#pragma once

#include <string>

#include "sim/plan/scenario.h"
#include "sim/report/failure.h"
#include "sim/run/run.h"

namespace sim::cli {

// REQUIRES: the run was traced. `as_given`: the options that ask for its scenario.
[[nodiscard]] report::FailureReport failureOf(const plan::Scenario& scenario, run::Run& run,
                                              const std::string& as_given);
// The same of one that never comes back.
[[nodiscard]] report::FailureReport crashOf(const plan::Scenario& scenario, run::Run& run, const std::string& as_given,
                                            int signal);

}  // namespace sim::cli
