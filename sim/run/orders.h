// What an operator's order for a backend has to have done, by what /backends shows of it.
#pragma once

#include <set>
#include <string>
#include <string_view>

#include "lb/admin/admin.h"

namespace sim::run {

// The addresses that /backends (`json`) lists for the order: one that is called so, or all that its name has.
[[nodiscard]] std::set<std::string> listedFor(const lb::admin::BackendOrder& order, std::string_view json);

// `taken`: the proxy says that it was for somebody. `before`: who was listed when it was given; whoever has come since
// was not meant, and who has gone is not asked. Empty: it is as ordered; or what is wrong.
[[nodiscard]] std::string judgeOrder(const lb::admin::BackendOrder& order, bool taken,
                                     const std::set<std::string>& before, std::string_view json);

}  // namespace sim::run
