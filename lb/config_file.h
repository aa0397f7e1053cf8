// Reads a configuration file from disk and tells on stderr what is wrong with it.
#pragma once

#include <optional>
#include <string>

#include "lb/base/result.h"
#include "lb/config/parse.h"

namespace lb {

[[nodiscard]] Result<std::string> readFile(const std::string& path);  // "cannot read config.yaml: no such file ..."

// The same for somebody who has other things to do than to wait: of a pipe, its writer says how long its reading takes.
[[nodiscard]] Result<std::string> readRegularFile(const std::string& path);

// Parsed, with warnings printed; nothing if it is wrong, with every error printed.
[[nodiscard]] std::optional<config::Config> loadConfiguration(const std::string& path);

}  // namespace lb
