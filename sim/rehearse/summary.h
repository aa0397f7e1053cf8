// The numbers of a rehearsal: sums by service and backend, and the same over time.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sim/rehearse/outcome.h"
#include "sim/rehearse/scenario.h"

namespace sim::rehearse {

struct Latency {
  double p50 = 0, p90 = 0, p99 = 0, max = 0;  // seconds
};

struct Row {
  std::string name;
  std::size_t requests = 0;
  double per_second = 0;
  std::optional<double> share;     // of a backend, in what its service's backends answered
  std::optional<Latency> latency;  // nothing: no request
  std::uint64_t bytes = 0;         // of bodies that clients received
  std::size_t errors = 0;
  std::vector<std::pair<std::string, std::size_t>> causes;  // the most frequent first
};

struct ServiceRows {
  Row all;
  std::vector<Row> backends;
};

struct Summary {
  Row all;
  std::vector<ServiceRows> services;
};

// An interval of the time axis; the requests that began in it.
struct Bin {
  std::size_t requests = 0;
  std::size_t errors = 0;
  std::optional<Latency> latency;
  std::vector<std::size_t> causes;  // by their number in the result
};

[[nodiscard]] Summary summarize(const Result& result, const Scenario& scenario);
// One bin for each of the result's samples. Of one service, or of all.
[[nodiscard]] std::vector<Bin> timeline(const Result& result, std::optional<std::size_t> service);

}  // namespace sim::rehearse
