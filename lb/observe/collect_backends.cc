// The families with the labels `service` and `backend`.
#include <algorithm>
#include <map>

#include "lb/observe/families.h"

namespace lb::observe {
namespace {

Labels of(const ServiceGroup& service, const BackendGroup& backend) {
  return {{"service", std::string(service.name)}, {"backend", std::string(backend.label)}};
}

Labels of(const ServiceGroup& service, const BackendGroup& backend, std::string name, std::string_view value) {
  Labels labels = of(service, backend);
  labels.push_back({std::move(name), std::string(value)});
  return labels;
}

template <class Visit>
void forEachBackend(const Groups& groups, Visit&& visit) {
  for (const ServiceGroup& service : groups.services) {
    for (const BackendGroup& backend : service.backends) visit(service, backend);
  }
}

prometheus::MetricFamily responses(const Groups& groups) {
  Family family =
      counterFamily("lb_backend_responses_total", "Final responses of backends, one an attempt that answered.");
  forEachBackend(groups, [&](const ServiceGroup& service, const BackendGroup& backend) {
    std::map<std::uint16_t, std::uint64_t> sums;
    for (const BackendStats* part : backend.parts) {
      part->responses.forEach([&](std::uint16_t code, std::uint64_t value) { sums[code] += value; });
    }
    for (const auto& [code, value] : sums) family.add(of(service, backend, "code", std::to_string(code)), value);
  });
  return family.take();
}

prometheus::MetricFamily attempts(const Groups& groups) {
  Family family = counterFamily("lb_backend_attempts_total", "Attempts to have a request answered, by how they ended.");
  forEachBackend(groups, [&](const ServiceGroup& service, const BackendGroup& backend) {
    for (std::size_t i = 0; i < kAttemptResultCount; ++i) {
      family.add(of(service, backend, "result", toString(static_cast<AttemptResult>(i))),
                 sum(backend.parts, &BackendStats::attempts, i));
    }
  });
  return family.take();
}

prometheus::MetricFamily connections(const Groups& groups) {
  Family family =
      gaugeFamily("lb_backend_connections", "Open connections to the backend, in use and waiting in the pool.");
  forEachBackend(groups, [&](const ServiceGroup& service, const BackendGroup& backend) {
    family.add(of(service, backend, "state", "active"), sum(backend.parts, &BackendStats::connections_active));
    family.add(of(service, backend, "state", "idle"), sum(backend.parts, &BackendStats::connections_idle));
  });
  return family.take();
}

struct CounterRow {
  std::string_view name;
  std::string_view help;
  Counter BackendStats::* member;
};
constexpr CounterRow kCounters[] = {
    {"lb_backend_connections_opened_total", "Connections opened to the backend.", &BackendStats::connections_opened},
    {"lb_backend_connections_reused_total", "Requests sent over a connection out of the pool.",
     &BackendStats::connections_reused},
    {"lb_backend_stale_reuse_total", "Pooled connections that turned out to be closed when they were used again.",
     &BackendStats::connections_stale_reuse},
};

struct PhaseRow {
  std::string_view name;
  std::string_view help;
  Histogram BackendStats::* member;
};
constexpr PhaseRow kPhases[] = {
    {"lb_backend_connect_duration_seconds", "Opening a new connection to the backend.", &BackendStats::connect},
    {"lb_backend_send_duration_seconds", "From the first to the last request byte sent to the backend.",
     &BackendStats::send},
    {"lb_backend_wait_duration_seconds", "From the last request byte sent to the first response byte.",
     &BackendStats::wait},
    {"lb_backend_receive_duration_seconds", "From the first to the last response byte from the backend.",
     &BackendStats::receive},
};

}  // namespace

void collectBackends(const Groups& groups, MonoTime now, bool histograms, Families& out) {
  out.push_back(responses(groups));
  out.push_back(attempts(groups));
  Family inflight = gaugeFamily("lb_backend_inflight_requests", "Requests that the backend is working on now.");
  forEachBackend(groups, [&](const ServiceGroup& service, const BackendGroup& backend) {
    inflight.add(of(service, backend), sum(backend.parts, &BackendStats::inflight_requests));
  });
  out.push_back(inflight.take());
  out.push_back(connections(groups));
  for (const CounterRow& row : kCounters) {
    Family family = counterFamily(row.name, row.help);
    forEachBackend(groups, [&](const ServiceGroup& service, const BackendGroup& backend) {
      family.add(of(service, backend), sum(backend.parts, row.member));
    });
    out.push_back(family.take());
  }
  if (!histograms) return;
  for (const PhaseRow& row : kPhases) {
    HistogramFamily family(row.name, row.help);
    forEachBackend(groups, [&](const ServiceGroup& service, const BackendGroup& backend) {
      family.add(of(service, backend), sum(backend.parts, row.member, now));
    });
    family.take(out);
  }
}

}  // namespace lb::observe
