// The active checks of a configuration, seen from the backends: where they arrive, and what lets them pass.
#pragma once

#include "lb/config/config.h"
#include "sim/model/check_answer.h"
#include "sim/rehearse/layout.h"

namespace sim::rehearse {

// What passes with this check alone. REQUIRES: it asks by HTTP.
[[nodiscard]] CheckedPath wishOf(const lb::config::HealthCheck& check);

// The answer that they want most.
[[nodiscard]] model::CheckAnswer answerThatPasses(const CheckedPath& checks);

// Tells the backends at these addresses, which stand in the layout, that the service checks them. A port of checks on
// which no backend is belongs to the first of those at its address. If a backend cannot pass this check and those that
// ask for the same path before it, that is a conflict of the layout.
void addChecks(Layout& layout, const lb::config::HealthCheck& check, const std::vector<lb::Address>& backends);

}  // namespace sim::rehearse
