// What of a trace concerns one request, so that a report shows its last moments and not everybody's.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>

#include "sim/core/trace.h"

namespace sim::report {

class Concern {
 public:
  // `request`: its id; 0: everything concerns it. What it is known by on a connection is its X-Sim-Id
  // (actor/wire_text.h), however small the packets are in which that came.
  Concern(const Trace& trace, std::uint64_t request);

  // Packets of connections that the request was on; faults, words and ends of who has those connections; the log; what
  // is said of the request itself, and of no single one.
  [[nodiscard]] bool covers(const TraceEvent& event) const;

 private:
  void findConnections(const Trace& trace);
  [[nodiscard]] bool saysOfAnother(std::string_view text) const;

  std::uint64_t request_;
  std::set<std::uint64_t> connections_;
  std::set<std::string> parties_;  // hosts, and who is on them
};

}  // namespace sim::report
