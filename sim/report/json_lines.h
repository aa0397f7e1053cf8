// A trace for programs: one JSON object on a line for each event.
#pragma once

#include <ostream>

#include "sim/core/trace.h"

namespace sim::report {

// Keys: time_ns (since the world began), event, kind; of packets also stage, connection, from, to, and of data offset,
// size and, where it is sent, its bytes: as `text` if they are printable ASCII, else as `base64`.
void writeJsonLines(const Trace& trace, std::ostream& out);

}  // namespace sim::report
