// One scenario, run and judged: what every subcommand that runs scenarios has in common.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "sim/plan/scenario.h"
#include "sim/run/run.h"

namespace sim::cli {

struct Outcome {
  int code = 0;  // exit_code.h
  std::uint64_t hash = 0;
  std::uint64_t events = 0;
  std::uint64_t requests = 0;
  double virtual_seconds = 0;
};

// After a failure the run stands in the middle of everything and cannot be taken apart: the process has to end with
// std::_Exit, so whoever wants to go on runs this in a child process.
[[nodiscard]] Outcome runScenario(const plan::Scenario& scenario, bool trace);

}  // namespace sim::cli
