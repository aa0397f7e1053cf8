// lb as a running program: the threads, the signals, the files. The one place where the core meets the machine.
#pragma once

#include <string>

#include "lb/observe/telemetry.h"

namespace lb {

// Runs until it has drained, or fails to start; returns the exit code. Errors are one line each on stderr.
[[nodiscard]] int runProgram(const std::string& config_path, const observe::BuildInfo& build);

// `lb --health`: asks the control plane of the configured address whether the process lives. 0: yes.
[[nodiscard]] int probeHealth(const std::string& config_path);

// `lb --check` and `lb --dump-config`.
[[nodiscard]] int checkConfiguration(const std::string& config_path);
[[nodiscard]] int dumpConfiguration(const std::string& config_path);

}  // namespace lb
