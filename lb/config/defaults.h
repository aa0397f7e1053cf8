// The configuration of a file that sets nothing: what config.h cannot say as the default of a field.
#pragma once

#include "lb/config/config.h"

namespace lb::config {

// Listens on every interface, admits loopback to the control plane, has the default buckets, and no service.
[[nodiscard]] Config defaultConfig();

}  // namespace lb::config
