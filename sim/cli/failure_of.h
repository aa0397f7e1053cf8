// What is known of a run that failed, put together for the report.
#pragma once

#include <string>

#include "lb/env/clock.h"
#include "sim/plan/scenario.h"
#include "sim/report/failure.h"
#include "sim/run/run.h"

namespace sim::cli {

// REQUIRES: the run was traced. `as_given`: the options that ask for its scenario; `took`: on the clock on the wall.
[[nodiscard]] report::FailureReport failureOf(const plan::Scenario& scenario, run::Run& run,
                                              const std::string& as_given, lb::Duration took);
// The same of one that never comes back.
[[nodiscard]] report::FailureReport crashOf(const plan::Scenario& scenario, run::Run& run, const std::string& as_given,
                                            lb::Duration took, int signal);

}  // namespace sim::cli
