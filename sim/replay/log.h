// A whole access log: to traffic and answers for the simulated world, and to outcomes to compare with.
//
// Memory: what is kept of a line is one request of the script and one outcome, some 130 bytes; names of hosts and
// methods are kept once each.
#pragma once

#include <expected>
#include <istream>
#include <string>
#include <vector>

#include "sim/rehearse/outcome.h"
#include "sim/rehearse/scenario.h"

namespace sim::replay {

struct LogOptions {
  double speed = 1;             // requests come so many times as fast; above 0
  std::uint64_t limit = 0;      // lines that are read; 0: all
  bool skip_bad_lines = false;  // they are counted and left out; without it they are mistakes
};

inline constexpr std::size_t kMistakesMax = 10;  // that are told

struct Log {
  rehearse::Layout layout;  // of the configuration, whose names stand for the addresses that the log has for them
  rehearse::Recording recording;
  rehearse::Result recorded;             // the requests that are replayed, as they were
  std::vector<rehearse::Fault> outages;  // of backends that are in the layout
  std::vector<std::string> notes;        // what became of the lines, for people
  lb::Duration duration{};               // from the first request's beginning to the last one's
};

// `name`: of the log, for messages. Hosts that no service of the configuration serves get a service `_none`, which is
// added to the layout. The log is read once, for it may be a pipe. An error is a list of "file:line: what is wrong".
[[nodiscard]] std::expected<Log, std::vector<std::string>> readLog(std::istream& in, const std::string& name,
                                                                   const lb::config::Config& config,
                                                                   const LogOptions& options);

}  // namespace sim::replay
