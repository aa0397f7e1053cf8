// What a person wants to know of a service, or of all of them: outcomes and percentiles since the start. Behind /stats
// and the shutdown log.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string_view>

#include "lb/observe/groups.h"

namespace lb::observe {

struct Summary {
  std::uint64_t requests = 0;
  std::uint64_t backend_errors = 0;  // backends' answers of 500 and above
  std::uint64_t own_errors = 0;      // the proxy's own answers of 400 and above
  std::map<Reason, std::uint64_t> own_errors_by_reason;
  std::array<std::uint64_t, 3> aborts{};  // by phase, as in ServiceStats
  std::uint64_t inflight = 0;
  Percentiles::Sum request, overhead;

  void add(const ServiceStats& part);
};

[[nodiscard]] Summary summarize(const ServiceGroup& service);

struct QuantileRow {
  std::string_view key;   // in /stats
  std::string_view word;  // in the shutdown log
  double q;
};
inline constexpr QuantileRow kQuantiles[] = {
    {"p50", "p50", 0.5}, {"p99", "p99", 0.99}, {"p99.9", "p99.9", 0.999}, {"max", "100%", 1.0}};

}  // namespace lb::observe
