// A rehearsal as JSON: for machines, and as the data of the page.
#pragma once

#include <string>

#include "sim/rehearse/table.h"

namespace sim::rehearse {

[[nodiscard]] std::string document(const Rehearsed& rehearsed);

}  // namespace sim::rehearse
