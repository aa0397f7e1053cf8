// One scenario, run and judged: what every subcommand that runs scenarios has in common.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "sim/cli/trace_option.h"
#include "sim/plan/scenario.h"
#include "sim/run/run.h"

namespace sim::cli {

struct Outcome {
  int code = 0;  // exit_code.h
  std::uint64_t hash = 0;
  std::uint64_t events = 0;
  std::uint64_t requests = 0;
  double virtual_seconds = 0;
  check::Marks marks;
};

// After a failure the run stands in the middle of everything and cannot be taken apart: the process has to end with
// std::_Exit, so whoever wants to go on runs this in a child process.
// `as_given`: the options that ask for this scenario, for the report. `folder`: where the files of a run that fails go;
// empty: none are written.
[[nodiscard]] Outcome runScenario(const plan::Scenario& scenario, const std::string& as_given,
                                  const std::string& folder = {});

// The same with everything written down that `option` asks for, and all there is if it fails.
[[nodiscard]] Outcome runTraced(const plan::Scenario& scenario, const std::string& as_given, const TraceOption& option);

}  // namespace sim::cli
