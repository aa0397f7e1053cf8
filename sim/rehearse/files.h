// The files of whoever uses the simulator; what is wrong with one is said on standard error.
#pragma once

#include <optional>
#include <string>

#include "lb/base/result.h"
#include "lb/config/config.h"

namespace sim::rehearse {

void complain(const std::string& what);
[[nodiscard]] lb::Result<std::string> read(const std::string& file);
[[nodiscard]] std::optional<lb::config::Config> readConfig(const std::string& file);  // nothing: it has been said why
[[nodiscard]] bool write(const std::string& file, const std::string& text);           // likewise

}  // namespace sim::rehearse
