// YAML text to Config: every error with its place, all of them in one run.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lb/config/config.h"

namespace lb::config {

struct Issue {
  Place place;
  std::string path;     // "services[2].hosts[0].port"
  std::string message;  // "70000 is over 65535"
};

// "config.yaml:14:11: services[2].hosts[0].port: 70000 is over 65535"
[[nodiscard]] std::string format(std::string_view file_name, const Issue& issue);

struct Parsed {
  Config config;
  std::vector<Issue> warnings;  // valid, but surely not meant
};

// Syntax, unknown keys (with a suggestion), types, ranges, duplicates and references. Errors in the order of the file.
[[nodiscard]] std::expected<Parsed, std::vector<Issue>> parse(std::string_view yaml);

// proxy.admin alone, whatever else is wrong with the file; nothing if that part is, or if it is no YAML.
[[nodiscard]] std::optional<Admin> parseAdmin(std::string_view yaml);

// The effective configuration as YAML that parse() reads back to the same Config; a comment per group says what it is.
[[nodiscard]] std::string dump(const Config& config);

}  // namespace lb::config
