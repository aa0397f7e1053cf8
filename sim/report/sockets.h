// All connections that were open when the trace ended, as netstat would have shown them on every host at once.
#pragma once

#include <ostream>
#include <string>

#include "sim/core/trace.h"

namespace sim::report {

// TCP's own word for the state of one end: "ESTABLISHED", "CLOSE_WAIT"; RESET and FAILED where TCP has no word because
// the program still holds what has ended.
[[nodiscard]] std::string socketState(const TraceConnection& connection, TraceEnd end);

void writeSockets(const Trace& trace, std::ostream& out);

}  // namespace sim::report
