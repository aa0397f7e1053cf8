// The active checks of a configuration, seen from the backends: where they arrive, and what lets them pass.
#pragma once

#include "lb/config/config.h"
#include "sim/model/check_answer.h"
#include "sim/rehearse/layout.h"

namespace sim::rehearse {

// The answer that this check wants most. REQUIRES: it asks by HTTP.
[[nodiscard]] model::CheckAnswer answerThatPasses(const lb::config::HealthCheck& check);

// Tells the backends at these addresses, which stand in the layout, that the service checks them. A port of checks on
// which no backend is belongs to the first of those at its address.
void addChecks(Layout& layout, const lb::config::HealthCheck& check, const std::vector<lb::Address>& backends);

}  // namespace sim::rehearse
