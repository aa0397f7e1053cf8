// A configuration as the lines of YAML that say how it differs from the defaults: what a person wants to see of it, and
// what outlives changes of the defaults' spelling.
#pragma once

#include <string>
#include <vector>

#include "lb/config/config.h"

namespace sim::plan {

// lb reads them back to the same configuration.
[[nodiscard]] std::vector<std::string> configLines(const lb::config::Config& config);

// Of such lines: does it open a group, which is nothing without the deeper ones behind it?
[[nodiscard]] bool opensGroup(const std::string& line);
[[nodiscard]] std::size_t indentation(const std::string& line);
// Does it say who serves what, or what no simulated run can be without?
[[nodiscard]] bool isSkeleton(const std::string& line);
// Without the groups in which nothing is left.
[[nodiscard]] std::vector<std::string> withoutEmptyGroups(const std::vector<std::string>& lines);
[[nodiscard]] std::string joined(const std::vector<std::string>& lines);

}  // namespace sim::plan
