// A rehearsal as one self-contained HTML page.
#pragma once

#include <string>

#include "sim/rehearse/table.h"

namespace sim::rehearse {

[[nodiscard]] std::string page(const Rehearsed& rehearsed);

}  // namespace sim::rehearse
