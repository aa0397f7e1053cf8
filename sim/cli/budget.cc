// See budget.h.
#include "sim/cli/budget.h"

#include <fmt/format.h>

#include "lb/config/units.h"

namespace sim::cli {

lb::Result<lb::Duration> parseBudget(std::string_view text) {
  const bool bare = !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
  const auto time = lb::config::parseDuration(bare ? std::string(text) + 's' : std::string(text));
  if (time && *time > lb::Duration(0)) return *time;
  return lb::fail(fmt::format("{} is no time to work for: write seconds, or 90s, 10m, 2h", lb::config::quote(text)));
}

}  // namespace sim::cli
