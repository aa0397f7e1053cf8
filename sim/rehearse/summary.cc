// See summary.h.
#include "sim/rehearse/summary.h"

#include <algorithm>

#include "sim/rehearse/percentile.h"

namespace sim::rehearse {
namespace {

using Picked = std::vector<const Outcome*>;

std::optional<Latency> latencyOf(std::vector<lb::Duration>& times) {
  if (times.empty()) return std::nullopt;
  const auto percentile = [&](double q) { return std::chrono::duration<double>(percentileOf(times, q)).count(); };
  return Latency{percentile(50), percentile(90), percentile(99), percentile(100)};
}

Row rowOf(std::string name, const Picked& outcomes, const Result& result) {
  Row row{.name = std::move(name), .requests = outcomes.size(), .share = {}, .latency = {}, .causes = {}};
  row.per_second = static_cast<double>(outcomes.size()) / std::chrono::duration<double>(result.duration).count();
  std::vector<lb::Duration> times;
  std::vector<std::size_t> counts(result.causes.size());
  for (const Outcome* outcome : outcomes) {
    times.push_back(outcome->took);
    row.bytes += outcome->bytes;
    ++counts[outcome->cause];
  }
  row.latency = latencyOf(times);
  for (std::size_t i = 1; i < counts.size(); ++i) {
    if (counts[i] == 0) continue;
    row.errors += counts[i];
    row.causes.emplace_back(result.causes[i], counts[i]);
  }
  std::ranges::stable_sort(row.causes, std::greater{}, [](const auto& one) { return one.second; });
  return row;
}

template <class Fits>
Picked pick(const Result& result, const Fits& fits) {
  Picked picked;
  for (const Outcome& outcome : result.outcomes) {
    if (fits(outcome)) picked.push_back(&outcome);
  }
  return picked;
}

}  // namespace

Summary summarize(const Result& result, const Scenario& scenario) {
  Summary summary;
  summary.all = rowOf("all", pick(result, [](const Outcome&) { return true; }), result);
  const Layout& layout = scenario.layout;
  for (std::size_t service = 0; service < layout.services.size(); ++service) {
    ServiceRows rows;
    const Picked of_service = pick(result, [&](const Outcome& one) { return one.service == service; });
    rows.all = rowOf(layout.services[service], of_service, result);
    const auto answered = static_cast<double>(
        std::ranges::count_if(of_service, [](const Outcome* one) { return one->backend != kNoBackend; }));
    for (std::size_t site = 0; site < layout.sites.size(); ++site) {
      if (std::ranges::find(layout.sites[site].services, service) == layout.sites[site].services.end()) continue;
      Row row = rowOf(layout.sites[site].label,
                      pick(result, [&](const Outcome& one) { return one.service == service && one.backend == site; }),
                      result);
      if (answered > 0) row.share = static_cast<double>(row.requests) / answered;
      rows.backends.push_back(std::move(row));
    }
    summary.services.push_back(std::move(rows));
  }
  return summary;
}

std::vector<Bin> timeline(const Result& result, std::optional<std::size_t> service) {
  const std::size_t count = result.samples.size();
  std::vector<Bin> bins(count);
  std::vector<std::vector<lb::Duration>> times(count);
  for (Bin& bin : bins) bin.causes.resize(result.causes.size());
  for (const Outcome& outcome : result.outcomes) {
    if (count == 0 || (service && outcome.service != *service)) continue;
    const double place = static_cast<double>(outcome.began.count()) / static_cast<double>(result.duration.count());
    const std::size_t at = std::min(count - 1, static_cast<std::size_t>(place * static_cast<double>(count)));
    ++bins[at].requests;
    bins[at].errors += outcome.failed() ? 1 : 0;
    ++bins[at].causes[outcome.cause];
    times[at].push_back(outcome.took);
  }
  for (std::size_t i = 0; i < count; ++i) bins[i].latency = latencyOf(times[i]);
  return bins;
}

}  // namespace sim::rehearse
