// What of a user's configurations has no place on the stage, and is told before anything runs.
#pragma once

#include "lb/base/result.h"
#include "lb/config/config.h"
#include "sim/rehearse/scenario.h"

namespace sim::rehearse {

// Also of the configurations that reloads bring. An error: the first reason, for people.
[[nodiscard]] lb::Result<void> checkFit(const lb::config::Config& config, const Scenario& scenario);

}  // namespace sim::rehearse
