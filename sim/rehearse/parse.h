// The text of a scenario file to a Scenario, for a given configuration: every mistake with its place, all in one run.
#pragma once

#include <expected>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "lb/config/parse.h"
#include "sim/rehearse/scenario.h"

namespace sim::rehearse {

// The text of a file that the scenario names, by the name as it stands there.
using ReadFile = std::function<lb::Result<std::string>(const std::string& name)>;

[[nodiscard]] std::expected<Scenario, std::vector<lb::config::Issue>> parse(std::string_view yaml,
                                                                            const lb::config::Config& config,
                                                                            const ReadFile& read_file);

}  // namespace sim::rehearse
