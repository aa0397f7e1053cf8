// How long a command may work.
#pragma once

#include <string_view>

#include "lb/base/result.h"
#include "lb/env/clock.h"

namespace sim::cli {

[[nodiscard]] lb::Result<lb::Duration> parseBudget(std::string_view text);  // "90s", "10m", "2h"; "600": seconds

}  // namespace sim::cli
