// A trace as a capture file for Wireshark and tshark, as if it had been taken on the proxy's host.
//
// The simulated network carries streams; the packets' headers are made here: sequence numbers, acknowledgements,
// windows, checksums. Nothing is acknowledged before it has arrived. Time is the world's, which begins in 2026.
#pragma once

#include <ostream>

#include "sim/core/trace.h"

namespace sim::report {

// The file format is libpcap's with nanoseconds; its packets begin with the IP header. A connection that the proxy has
// no part in is seen from its server.
void writePcap(const Trace& trace, std::ostream& out);

}  // namespace sim::report
