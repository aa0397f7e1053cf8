// What is wrong with a file, for programs: --format json and POST /reload.
#pragma once

#include <span>
#include <string>

#include "lb/config/parse.h"

namespace lb::observe {

// "errors":[{"line":3,"column":3,"path":"listen.port","message":"..."}],"warnings":[]: members of an object that the
// caller begins and ends. Line and column are null for what has no place in the file.
[[nodiscard]] std::string issuesJson(std::span<const config::Issue> errors, std::span<const config::Issue> warnings);

}  // namespace lb::observe
