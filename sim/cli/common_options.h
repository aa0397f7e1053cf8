// Options that several subcommands have, each with one way to write its value.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <string>

#include "lb/env/clock.h"
#include "sim/cli/seed.h"

namespace sim::cli {

CLI::Option* addSeed(CLI::App& command, std::uint64_t& seed, const std::string& about);
CLI::Option* addSeeds(CLI::App& command, SeedRange& seeds, const std::string& about);
CLI::Option* addBudget(CLI::App& command, lb::Duration& budget, const std::string& about);

}  // namespace sim::cli
