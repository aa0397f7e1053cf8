// /stats: the same counts as the metrics, with percentiles that need no query language.
#include "lb/observe/append.h"
#include "lb/observe/escape.h"
#include "lb/observe/summary.h"

namespace lb::observe {
namespace {

void appendCount(std::string_view key, std::uint64_t value, std::string& out) {
  appendJsonKey(key, out);
  appendNumber(value, out);
}

void open(std::string_view key, std::string& out) {
  appendJsonKey(key, out);
  out += '{';
}

void appendLatency(std::string_view key, const Percentiles::Sum& sum, std::string& out) {
  open(key, out);
  for (const QuantileRow& row : kQuantiles) {
    appendJsonKey(row.key, out);
    appendMilliseconds(sum.quantile(row.q), out);
  }
  out += '}';
}

void appendOutcomes(const Summary& summary, std::string& out) {
  appendCount("requests", summary.requests, out);
  open("errors", out);
  appendCount("backend", summary.backend_errors, out);
  appendCount("proxy", summary.own_errors, out);
  out += '}';
  open("own_errors", out);
  for (const auto& [reason, count] : summary.own_errors_by_reason) appendCount(toString(reason), count, out);
  out += '}';
  open("aborts", out);
  for (const AbortPhase phase : {AbortPhase::Request, AbortPhase::Wait, AbortPhase::Response}) {
    appendCount(toString(phase), summary.aborts[static_cast<std::size_t>(phase) - 1], out);
  }
  out += '}';
  appendCount("in_flight", summary.inflight, out);
  appendLatency("request_ms", summary.request, out);
  appendLatency("overhead_ms", summary.overhead, out);
}

void appendBackend(const BackendGroup& backend, std::string& out) {
  if (out.back() != '[') out += ',';
  out += '{';
  appendJsonKey("backend", out);
  appendJsonString(backend.label, out);
  open("attempts", out);
  for (std::size_t i = 0; i < kAttemptResultCount; ++i) {
    appendCount(toString(static_cast<AttemptResult>(i)), sum(backend.parts, &BackendStats::attempts, i), out);
  }
  out += '}';
  appendCount("in_flight", sum(backend.parts, &BackendStats::inflight_requests), out);
  open("connections", out);
  appendCount("active", sum(backend.parts, &BackendStats::connections_active), out);
  appendCount("idle", sum(backend.parts, &BackendStats::connections_idle), out);
  appendCount("opened", sum(backend.parts, &BackendStats::connections_opened), out);
  appendCount("reused", sum(backend.parts, &BackendStats::connections_reused), out);
  appendCount("stale", sum(backend.parts, &BackendStats::connections_stale_reuse), out);
  out += "}}";
}

void appendService(const ServiceGroup& service, MonoTime now, std::string& out) {
  if (out.back() != '[') out += ',';
  out += '{';
  appendJsonKey("service", out);
  appendJsonString(service.name, out);
  appendOutcomes(summarize(service), out);
  appendJsonKey("request_max_last_minute_ms", out);
  appendMilliseconds(sum(service.parts, &ServiceStats::request, now).max(), out);
  appendJsonKey("backends", out);
  out += '[';
  for (const BackendGroup& backend : service.backends) appendBackend(backend, out);
  out += "]}";
}

}  // namespace

std::string Telemetry::statsJson(MonoTime now) {
  const std::lock_guard lock(mutex_);
  release();
  const Groups groups = group();
  std::string out = "{";
  appendJsonKey("services", out);
  out += '[';
  Summary totals;
  for (const ServiceGroup& service : groups.services) {
    appendService(service, now, out);
    for (const ServiceStats* part : service.parts) totals.add(*part);
  }
  out += ']';
  open("totals", out);
  appendOutcomes(totals, out);
  appendCount("client_connections_open", sum(groups.workers, &WorkerStats::connections_open), out);
  appendCount("client_connections_accepted", sum(groups.workers, &WorkerStats::connections_accepted), out);
  out += "}}\n";
  return out;
}

}  // namespace lb::observe
