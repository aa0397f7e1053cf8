// What the page is given: lanes, connections, rows of time, messages between lanes and marks on them, as compact JSON.
#pragma once

#include <string>

#include "sim/core/trace.h"
#include "sim/report/page.h"

namespace sim::report {

constexpr std::size_t kPageRowsMax = 20'000;       // events of the trace; the latest stay
constexpr std::size_t kPageDataMax = 1'880'000;    // bytes of JSON, so that the page stays below 2 MB
constexpr std::size_t kPageStringMax = 16 * 1024;  // bytes of one message; fewer if there are many

// JSON without a "<", so that it may stand in a script element.
[[nodiscard]] std::string pageData(const Trace& trace, const PageHead& head);

}  // namespace sim::report
