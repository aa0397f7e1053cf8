#include "lb/observe/families.h"

#include <chrono>
#include <limits>
#include <utility>

#include "lb/base/check.h"

namespace lb::observe {
namespace {

constexpr std::string_view kUnit = "_seconds";

std::string maxName(std::string_view name) {
  LB_CHECK(name.ends_with(kUnit));
  return std::string(name.substr(0, name.size() - kUnit.size())) + "_max_seconds";
}

std::string maxHelp(std::string_view name) {
  return "The largest single value of " + std::string(name) + " in the last 60 to 70 seconds.";
}

}  // namespace

Family::Family(std::string_view name, std::string_view help, prometheus::MetricType type) {
  family_.name = name;
  family_.help = help;
  family_.type = type;
}

void Family::add(Labels labels, double value) {
  prometheus::ClientMetric& metric = family_.metric.emplace_back();
  metric.label = std::move(labels);
  if (family_.type == prometheus::MetricType::Counter) {
    metric.counter.value = value;
  } else {
    LB_CHECK(family_.type == prometheus::MetricType::Gauge);
    metric.gauge.value = value;
  }
}

void Family::add(Labels labels, const HistogramSum& sum) {
  LB_CHECK(family_.type == prometheus::MetricType::Histogram);
  prometheus::ClientMetric& metric = family_.metric.emplace_back();
  metric.label = std::move(labels);
  std::uint64_t cumulative = 0;
  for (std::size_t i = 0; i < sum.counts().size(); ++i) {
    cumulative += sum.counts()[i];
    const double bound = i < sum.bounds().size() ? sum.bounds()[i] : std::numeric_limits<double>::infinity();
    metric.histogram.bucket.push_back({cumulative, bound});
  }
  metric.histogram.sample_count = cumulative;
  metric.histogram.sample_sum = sum.sumSeconds();
}

Family counterFamily(std::string_view name, std::string_view help) {
  return {name, help, prometheus::MetricType::Counter};
}

Family gaugeFamily(std::string_view name, std::string_view help) {
  return {name, help, prometheus::MetricType::Gauge};
}

HistogramFamily::HistogramFamily(std::string_view name, std::string_view help)
    : histogram_(name, help, prometheus::MetricType::Histogram),
      max_(maxName(name), maxHelp(name), prometheus::MetricType::Gauge) {}

void HistogramFamily::add(const Labels& labels, const HistogramSum& sum) {
  histogram_.add(labels, sum);
  max_.add(labels, std::chrono::duration<double>(sum.max()).count());
}

void HistogramFamily::take(Families& out) {
  out.push_back(histogram_.take());
  out.push_back(max_.take());
}

std::uint64_t seriesCount(const Families& families) {
  std::uint64_t count = 0;
  for (const prometheus::MetricFamily& family : families) {
    for (const prometheus::ClientMetric& metric : family.metric) {
      const bool histogram = family.type == prometheus::MetricType::Histogram;
      count += histogram ? metric.histogram.bucket.size() + 2 : 1;  // with _sum and _count
    }
  }
  return count;
}

}  // namespace lb::observe
