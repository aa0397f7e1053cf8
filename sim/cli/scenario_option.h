// Where a subcommand's scenario comes from: a seed or a file.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <optional>
#include <string>

#include "sim/plan/scenario.h"

namespace sim::cli {

struct ScenarioOption {
  std::uint64_t seed = 0;
  std::string file;  // "": the seed counts

  CLI::Option_group* addTo(CLI::App& command);  // one of them has to be given
  // Nothing: the file is no good, and that has been said.
  [[nodiscard]] std::optional<plan::Scenario> load() const;
  [[nodiscard]] std::string asGiven() const;  // "--seed 7", for messages that say how to do it again
};

[[nodiscard]] std::optional<plan::Scenario> readScenario(const std::string& file);
[[nodiscard]] bool writeFile(const std::string& file, const std::string& text);  // false: said why

}  // namespace sim::cli
