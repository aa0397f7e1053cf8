// A trace as text, one aligned line for each event.
#pragma once

#include <cstdint>
#include <limits>
#include <ostream>
#include <string>
#include <vector>

#include "sim/core/trace.h"

namespace sim::report {

constexpr std::uint64_t kEveryEvent = std::numeric_limits<std::uint64_t>::max();

[[nodiscard]] std::string textLine(const Trace& trace, const TraceEvent& event);  // without its newline

// Up to and with the world's event of that number.
void writeText(const Trace& trace, std::ostream& out, std::uint64_t until_event = kEveryEvent);

// The last events that a person looks at first: none about windows, of a packet only its arrival, unless it never
// arrived, and of packets one behind the other only the first, with how many there are. With the id of a request only
// those that concern it (concern.h).
[[nodiscard]] std::vector<std::string> lastLines(const Trace& trace, std::size_t count, std::uint64_t request = 0);

}  // namespace sim::report
