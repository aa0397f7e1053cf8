// Checks across the parts of a configuration whose values are each valid: listeners that overlap, hosts that are the
// proxy itself, limits that cannot both be reached.
#pragma once

#include "lb/config/config.h"
#include "lb/config/issues.h"
#include "lb/config/sections.h"

namespace lb::config {

// The part that is about routes.
void checkRoutes(const Config& config, Issues& issues);

void validate(const Config& config, const Marks& marks, Issues& issues);

}  // namespace lb::config
