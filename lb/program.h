// lb as a running program: the threads, the signals, the files. The one place where the core meets the machine.
#pragma once

#include <string>

#include "lb/observe/telemetry.h"

namespace lb {

struct RunOptions {
  std::string config_path;
  bool watch = true;  // takes over the file whenever it changes
};

// Runs until it has drained, or fails to start; returns the exit code. Errors are one line each on stderr.
[[nodiscard]] int runProgram(const RunOptions& options, const observe::BuildInfo& build);

// `lb --health`: asks the control plane of the configured address whether it takes requests. 0: yes; 1: it starts,
// drains or is not there.
[[nodiscard]] int probeHealth(const std::string& config_path);

// `lb --dump-config`; `lb --check` is in check_command.h.
[[nodiscard]] int dumpConfiguration(const std::string& config_path);

}  // namespace lb
