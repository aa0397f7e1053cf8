#include "lb/observe/summary.h"

#include <numeric>

#include "lb/observe/append.h"

namespace lb::observe {
namespace {

void appendPercentiles(std::string_view what, const Percentiles::Sum& sum, std::string& out) {
  out += ", ";
  out += what;
  for (const QuantileRow& row : kQuantiles) {
    out += ' ';
    out += row.word;
    out += ' ';
    appendMilliseconds(sum.quantile(row.q), out);
    out += "ms";
  }
}

std::string lineOf(const ServiceGroup& service) {
  const Summary summary = summarize(service);
  std::string line(service.name);
  line += ": ";
  appendNumber(summary.requests, line);
  line += " requests, ";
  appendNumber(summary.own_errors, line);
  line += " own errors, ";
  appendNumber(summary.backend_errors, line);
  line += " backend errors, ";
  appendNumber(std::accumulate(summary.aborts.begin(), summary.aborts.end(), std::uint64_t{0}), line);
  line += " clients gone";
  if (summary.request.count() > 0) appendPercentiles("duration", summary.request, line);
  if (summary.overhead.count() > 0) appendPercentiles("overhead", summary.overhead, line);
  return line;
}

}  // namespace

void Summary::add(const ServiceStats& part) {
  part.requests.forEach([this](http::Method, std::uint16_t code, Origin origin, std::uint64_t count) {
    requests += count;
    if (origin == Origin::Backend && code >= 500) backend_errors += count;
  });
  part.generated.forEach([this](std::uint16_t code, Reason reason, std::uint64_t count) {
    if (code < 400) return;
    own_errors += count;
    own_errors_by_reason[reason] += count;
  });
  for (std::size_t i = 0; i < aborts.size(); ++i) aborts[i] += part.aborts[i].get();
  inflight += part.inflight_requests.get();
  request.add(part.request_percentiles);
  overhead.add(part.overhead_percentiles);
}

Summary summarize(const ServiceGroup& service) {
  Summary summary;
  for (const ServiceStats* part : service.parts) summary.add(*part);
  return summary;
}

std::vector<std::string> Telemetry::summaryLines() {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> lines;
  for (const ServiceGroup& service : group().services) lines.push_back(lineOf(service));
  return lines;
}

}  // namespace lb::observe
