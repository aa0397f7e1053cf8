// Small builders over prometheus-cpp's plain data, so that the collectors read as tables of name, labels and value.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <prometheus/metric_family.h>

#include "lb/observe/groups.h"

namespace lb::observe {

using Families = std::vector<prometheus::MetricFamily>;
using Labels = std::vector<prometheus::ClientMetric::Label>;

// One family under construction.
class Family {
 public:
  Family(std::string_view name, std::string_view help, prometheus::MetricType type);
  void add(Labels labels, double value);  // counters and gauges
  void add(Labels labels, std::uint64_t value) { add(std::move(labels), static_cast<double>(value)); }
  void add(Labels labels, const HistogramSum& sum);
  [[nodiscard]] prometheus::MetricFamily take() { return std::move(family_); }

 private:
  prometheus::MetricFamily family_;
};

[[nodiscard]] Family counterFamily(std::string_view name, std::string_view help);
[[nodiscard]] Family gaugeFamily(std::string_view name, std::string_view help);

// A histogram and beside it the gauge of its true maximum over the last minute: lb_x_seconds and lb_x_max_seconds.
class HistogramFamily {
 public:
  HistogramFamily(std::string_view name, std::string_view help);  // REQUIRES a name that ends in _seconds
  void add(const Labels& labels, const HistogramSum& sum);
  void take(Families& out);

 private:
  Family histogram_;
  Family max_;
};

// How many lines of samples the families are in the text format.
[[nodiscard]] std::uint64_t seriesCount(const Families& families);

// The collectors, one a file; each appends its families to `out`.
void collectServices(const Groups& groups, MonoTime now, Families& out);
void collectBackends(const Groups& groups, MonoTime now, bool histograms, Families& out);
void collectBalance(const std::vector<BackendState>& states, Families& out);
void collectWorkers(const Groups& groups, MonoTime now, Families& out);
struct HealthView;
void collectHealth(const HealthView& view, Families& out);

}  // namespace lb::observe
