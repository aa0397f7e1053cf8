// A trace as one HTML page that needs nothing else: a sequence chart on virtual time, with the bytes behind every
// arrow. What the page looks like and does is in sim/report/page/, which is built into the program.
#pragma once

#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "sim/core/trace.h"
#include "sim/report/failure.h"

namespace sim::report {

// What stands above the chart.
struct PageHead {
  std::string title;
  bool failed = false;
  std::vector<std::pair<std::string, std::string>> facts;
};

[[nodiscard]] PageHead headOf(const FailureReport& report);

// The page stays below 2 MB: of long messages it holds the beginning, of too many events the latest.
void writeHtml(const Trace& trace, const PageHead& head, std::ostream& out);

}  // namespace sim::report
