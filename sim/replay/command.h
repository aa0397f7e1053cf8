// `sim replay --log L --config C`: recorded traffic through a configuration, against backends that behave as recorded.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sim/rehearse/present.h"
#include "sim/replay/log.h"

namespace sim::replay {

struct Options {
  std::string log;  // "-": standard input
  std::string config;
  LogOptions reading;
  std::vector<std::string> expect;
  std::uint64_t seed = 1;
  std::string report;  // the file of the page; "": none
  bool json = false;   // to standard output, instead of the table
};

// What is played: one stream of the log's requests over a network that takes no time, for the recorded times have the
// real one's already. Of the log, layout and recording are taken.
[[nodiscard]] rehearse::Scenario scenarioOf(Log& log);

[[nodiscard]] int command(const Options& options);  // the exit code, as of a rehearsal

}  // namespace sim::replay
