// What stands at the end of every --help.
#pragma once

#include <CLI/CLI.hpp>
#include <initializer_list>
#include <string>
#include <vector>

namespace sim::cli {

// Whole commands, and the exit codes that the subcommand may have beside 0 and 1.
void addFooter(CLI::App& command, const std::vector<std::string>& examples, std::initializer_list<int> codes);

}  // namespace sim::cli
