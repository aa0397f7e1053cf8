// All workers' objects put together by name, and the sums over them. What collect() and statsJson() read.
//
// Borrows from Telemetry's shards: REQUIRES Telemetry's mutex for as long as a Groups lives.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "lb/observe/telemetry.h"

namespace lb::observe {

struct BackendGroup {
  std::string_view label;
  std::vector<const BackendStats*> parts;
};

struct ServiceGroup {
  std::string_view name;
  std::vector<const ServiceStats*> parts;
  std::vector<BackendGroup> backends;
};

struct Groups {
  std::vector<ServiceGroup> services;  // in the order of the configuration, then "_none", then those on their way out
  std::vector<const WorkerStats*> workers;  // by number

  void add(const ServiceStats& part);
  void add(std::string_view service, const BackendStats& part);  // REQUIRES the service to have been added
};

template <class Stats>
[[nodiscard]] std::uint64_t sum(const std::vector<const Stats*>& parts, Counter Stats::* member) {
  std::uint64_t total = 0;
  for (const Stats* part : parts) total += (part->*member).get();
  return total;
}

template <class Stats, std::size_t kSize>
[[nodiscard]] std::uint64_t sum(const std::vector<const Stats*>& parts, std::array<Counter, kSize> Stats::* member,
                                std::size_t index) {
  std::uint64_t total = 0;
  for (const Stats* part : parts) total += (part->*member)[index].get();
  return total;
}

// Several workers' histograms as one. All have the same bounds.
class HistogramSum {
 public:
  explicit HistogramSum(MonoTime now) : now_(now) {}
  void add(const Histogram& part);

  [[nodiscard]] const Buckets& bounds() const { return bounds_; }
  [[nodiscard]] const std::vector<std::uint64_t>& counts() const {
    return counts_;
  }  // not cumulative; the last is +Inf
  [[nodiscard]] double sumSeconds() const { return sum_seconds_; }
  [[nodiscard]] Duration max() const { return max_; }

 private:
  MonoTime now_;
  Buckets bounds_;
  std::vector<std::uint64_t> counts_;
  double sum_seconds_ = 0;
  Duration max_{0};
};

template <class Stats>
[[nodiscard]] HistogramSum sum(const std::vector<const Stats*>& parts, Histogram Stats::* member, MonoTime now) {
  HistogramSum total(now);
  for (const Stats* part : parts) total.add(part->*member);
  return total;
}

}  // namespace lb::observe
