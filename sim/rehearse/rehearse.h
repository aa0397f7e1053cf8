// One rehearsal: a configuration and a scenario played once, in virtual time, with the whole proxy.
#pragma once

#include "lb/base/result.h"
#include "lb/config/config.h"
#include "sim/rehearse/outcome.h"
#include "sim/rehearse/scenario.h"

namespace sim::rehearse {

// The configuration as it runs on the stage. What belongs to the user's machine is replaced: listeners stand on every
// interface, `auto` becomes what the scenario says, and neither control plane nor files are there.
[[nodiscard]] lb::config::Config onStage(lb::config::Config config, const Scenario& scenario);

// An error: a configuration does not fit (fit.h), or the proxy does not start.
[[nodiscard]] lb::Result<Result> rehearse(const lb::config::Config& config, const Scenario& scenario,
                                          std::uint64_t seed);

}  // namespace sim::rehearse
