// How a run is written down: which renderings of its trace, and where.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <string>
#include <vector>

#include "sim/core/trace.h"
#include "sim/plan/scenario.h"
#include "sim/report/page.h"
#include "sim/report/text.h"

namespace sim::cli {

struct TraceOption {
  std::vector<std::string> kinds;  // "text", "jsonl", "html", "pcap"
  std::string folder = "sim-out";
  std::uint64_t until_event = report::kEveryEvent;

  void addTo(CLI::App& command);

  // Text on standard output, the others into files, whose names are returned. False: said why.
  [[nodiscard]] bool writeWanted(const Trace& trace, const std::string& name, const report::PageHead& head,
                                 std::vector<std::string>& files) const;
  // All there is, of a run that failed: text as above, and as files also its scenario and the state of every
  // connection.
  [[nodiscard]] bool writeAll(const Trace& trace, const std::string& name, const report::PageHead& head,
                              const plan::Scenario& scenario, std::vector<std::string>& files) const;
};

}  // namespace sim::cli
