// What `sim run` takes besides a scenario when it rehearses a user's own configuration.
#pragma once

#include <CLI/CLI.hpp>

#include "sim/cli/scenario_option.h"
#include "sim/rehearse/command.h"

namespace sim::cli {

struct RehearseOption {
  rehearse::Options options;

  void addTo(CLI::App& command);  // after the options that only a campaign's scenario knows
  [[nodiscard]] bool given() const { return !options.config.empty(); }
  [[nodiscard]] int run(const ScenarioOption& from, bool seed_given);  // the exit code
};

}  // namespace sim::cli
