// How the way from one host to another behaves, as plain data. Rules are looked at when a packet arrives, not when it
// is sent, so that a change also meets what is in flight.
#pragma once

#include <cstdint>
#include <vector>

#include "lb/env/clock.h"
#include "sim/core/chance.h"

namespace sim::net {

struct LinkRules {
  lb::Duration latency = std::chrono::microseconds(50);
  lb::Duration jitter{};  // up to this much more, for each packet; the order of a connection's packets stays
  std::uint64_t bytes_per_second = 0;  // of one connection and direction; 0: no limit
  std::size_t segment_max = 16 * 1024;
  Ratio loss{0, 100};          // of packets; to a stream it is delay, as they are sent again
  bool stalled = false;        // nothing arrives until this ends: a stream waits, attempts to connect are lost
  bool black_hole = false;     // attempts to connect vanish; what is connected goes on
  bool refuse = false;         // attempts to connect are answered with a reset
  bool cut_handshake = false;  // what was answered is forgotten: whoever says that it has connected gets a reset
};

class Wire;

// The way from one host to another, with the wires that a stall holds up.
struct Link {
  LinkRules rules;
  lb::Duration slowness{};  // added to the latency, whatever the rules are
  bool host_down = false;   // where the way leads to
  std::vector<Wire*> held;
  [[nodiscard]] bool blocked() const { return rules.stalled || host_down; }
};

// What a host's system grants and how its calls behave; looked at by new connections (sizes) and by each call (ratios).
struct HostRules {
  std::size_t receive_window = 64 * 1024;
  std::size_t send_buffer = 64 * 1024;
  std::size_t backlog = 4096;
  Ratio short_read{0, 100};                 // such a read gets some of what is there
  Ratio short_write{0, 100};                // such a write takes some of what there is room for, one byte at least
  std::uint16_t first_port = 32768;         // to connect from
  std::uint16_t ports = 60999 - 32768 + 1;  // of these so many, towards each address
  // Who ends a connection first may not use its port towards the same address for so long.
  lb::Duration time_wait = std::chrono::seconds(60);
  bool accept_exhausted = false;   // no descriptors to accept with
  bool connect_exhausted = false;  // nor to connect with
};

}  // namespace sim::net
