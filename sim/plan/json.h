// Scenarios as JSON text, for eyes and for files.
#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "sim/plan/scenario.h"

namespace sim::plan {

// Fields that have their default value are left out.
[[nodiscard]] std::string toJson(const Scenario& scenario);
// The reverse. What is left out has its default, so that files outlive new fields; what nobody knows, what has the
// wrong type and what cannot be run is refused: "file.json:12:5: /clients/3/requests/0/method: a text is wanted,
// not 7".
[[nodiscard]] std::expected<Scenario, std::string> fromJson(std::string_view text, std::string_view file_name);

}  // namespace sim::plan
