// The subcommands of `sim`. Each adds itself to the command line, and leaves the program's exit code in `code` when it
// has run (exit_code.h).
#pragma once

#include <CLI/CLI.hpp>

namespace sim::cli {

void addRun(CLI::App& app, int& code);
void addReplay(CLI::App& app, int& code);
void addSweep(CLI::App& app, int& code);
void addMarks(CLI::App& app, int& code);
void addExplain(CLI::App& app, int& code);
void addListFaults(CLI::App& app, int& code);
void addRegressions(CLI::App& app, int& code);
void addShrink(CLI::App& app, int& code);
void addCheckDeterminism(CLI::App& app, int& code);
void addFingerprint(CLI::App& app, int& code);
void addValidate(CLI::App& app, int& code);
void addBench(CLI::App& app, int& code);

}  // namespace sim::cli
