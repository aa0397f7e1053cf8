// The families with the label `service` alone or with fixed words beside it.
#include <map>
#include <tuple>

#include "lb/observe/families.h"

namespace lb::observe {
namespace {

Labels of(const ServiceGroup& service) {
  return {{"service", std::string(service.name)}};
}

Labels of(const ServiceGroup& service, std::string name, std::string_view value) {
  return {{"service", std::string(service.name)}, {std::move(name), std::string(value)}};
}

prometheus::MetricFamily requests(const Groups& groups) {
  Family family = counterFamily("lb_requests_total", "Requests finished, by the code and the origin of the answer.");
  for (const ServiceGroup& service : groups.services) {
    std::map<std::tuple<http::Method, std::uint16_t, Origin>, std::uint64_t> sums;
    for (const ServiceStats* part : service.parts) {
      part->requests.forEach([&](http::Method method, std::uint16_t code, Origin origin, std::uint64_t value) {
        sums[{method, code, origin}] += value;
      });
    }
    for (const auto& [key, value] : sums) {
      Labels labels = of(service, "method", http::toString(std::get<0>(key)));
      labels.push_back({"code", std::to_string(std::get<1>(key))});
      labels.push_back({"origin", std::string(toString(std::get<2>(key)))});
      family.add(std::move(labels), value);
    }
  }
  return family.take();
}

prometheus::MetricFamily generated(const Groups& groups) {
  Family family = counterFamily("lb_generated_responses_total", "Answers that the proxy gave by itself, by reason.");
  for (const ServiceGroup& service : groups.services) {
    std::map<std::pair<std::uint16_t, Reason>, std::uint64_t> sums;
    for (const ServiceStats* part : service.parts) {
      part->generated.forEach(
          [&](std::uint16_t code, Reason reason, std::uint64_t value) { sums[{code, reason}] += value; });
    }
    for (const auto& [key, value] : sums) {
      Labels labels = of(service, "code", std::to_string(key.first));
      labels.push_back({"reason", std::string(toString(key.second))});
      family.add(std::move(labels), value);
    }
  }
  return family.take();
}

prometheus::MetricFamily aborts(const Groups& groups) {
  Family family = counterFamily("lb_client_aborts_total", "Requests whose client went away, by when it did.");
  for (const ServiceGroup& service : groups.services) {
    for (const AbortPhase phase : {AbortPhase::Request, AbortPhase::Wait, AbortPhase::Response}) {
      family.add(of(service, "phase", toString(phase)),
                 sum(service.parts, &ServiceStats::aborts, static_cast<std::size_t>(phase) - 1));
    }
  }
  return family.take();
}

prometheus::MetricFamily bytes(const Groups& groups, std::string_view name, std::string_view help,
                               Counter ServiceStats::* client, Counter ServiceStats::* backend) {
  Family family = counterFamily(name, help);
  for (const ServiceGroup& service : groups.services) {
    family.add(of(service, "side", "client"), sum(service.parts, client));
    family.add(of(service, "side", "backend"), sum(service.parts, backend));
  }
  return family.take();
}

void counters(const Groups& groups, Families& out) {
  Family inflight = gaugeFamily("lb_service_inflight_requests", "Requests that are being handled now.");
  Family retries = counterFamily("lb_retries_total", "Requests sent again, by reason.");
  Family denied =
      counterFamily("lb_retries_denied_total", "Failures after which a further attempt was wanted and not made.");
  Family queued = gaugeFamily("lb_queue_length", "Requests that wait for a backend with room.");
  Family truncated = counterFamily("lb_backend_truncated_responses_total",
                                   "Responses that a backend cut off after their head had been passed on.");
  Family sticky = counterFamily("lb_sticky_moved_total",
                                "Answers that came from another backend than the client's sticky cookie names.");
  Family hash = counterFamily("lb_hash_passed_on_total",
                              "Attempts that hash.max_load led to another backend than that of their key.");
  for (const ServiceGroup& service : groups.services) {
    inflight.add(of(service), sum(service.parts, &ServiceStats::inflight_requests));
    for (std::size_t i = 0; i < kRetryReasonCount; ++i) {
      retries.add(of(service, "reason", toString(static_cast<RetryReason>(i))),
                  sum(service.parts, &ServiceStats::retries, i));
    }
    for (std::size_t i = 0; i < kRetryDenialCount; ++i) {
      denied.add(of(service, "reason", toString(static_cast<RetryDenial>(i))),
                 sum(service.parts, &ServiceStats::retries_denied, i));
    }
    queued.add(of(service), sum(service.parts, &ServiceStats::queue_length));
    truncated.add(of(service), sum(service.parts, &ServiceStats::truncated_responses));
    sticky.add(of(service), sum(service.parts, &ServiceStats::sticky_moved));
    hash.add(of(service), sum(service.parts, &ServiceStats::hash_passed_on));
  }
  out.push_back(inflight.take());
  out.push_back(retries.take());
  out.push_back(denied.take());
  out.push_back(queued.take());
  out.push_back(truncated.take());
  out.push_back(sticky.take());
  out.push_back(hash.take());
  out.push_back(bytes(groups, "lb_received_bytes_total", "Bytes received from clients and from backends, with heads.",
                      &ServiceStats::client_bytes_in, &ServiceStats::backend_bytes_in));
  out.push_back(bytes(groups, "lb_sent_bytes_total", "Bytes sent to clients and to backends, with heads.",
                      &ServiceStats::client_bytes_out, &ServiceStats::backend_bytes_out));
}

struct PhaseRow {
  std::string_view name;
  std::string_view help;
  Histogram ServiceStats::* member;
};
constexpr PhaseRow kPhases[] = {
    {"lb_request_duration_seconds", "From the client's first byte to the last response byte written.",
     &ServiceStats::request},
    {"lb_request_receive_duration_seconds", "From the client's first byte to the last byte of its request.",
     &ServiceStats::receive},
    {"lb_response_send_duration_seconds", "From the first to the last response byte written to the client.",
     &ServiceStats::response},
    {"lb_queue_duration_seconds", "Waiting for a backend with room, of the requests that had to.",
     &ServiceStats::queue},
};

void histograms(const Groups& groups, MonoTime now, Families& out) {
  for (const PhaseRow& row : kPhases) {
    HistogramFamily family(row.name, row.help);
    for (const ServiceGroup& service : groups.services) family.add(of(service), sum(service.parts, row.member, now));
    family.take(out);
  }
  HistogramFamily overhead("lb_overhead_duration_seconds",
                           "The proxy's own share: request head complete to first byte to the backend, less connecting "
                           "and earlier attempts; backend's first byte read to first byte to the client.");
  for (const ServiceGroup& service : groups.services) {
    overhead.add(of(service, "direction", "request"), sum(service.parts, &ServiceStats::overhead_request, now));
    overhead.add(of(service, "direction", "response"), sum(service.parts, &ServiceStats::overhead_response, now));
  }
  overhead.take(out);
}

}  // namespace

void collectServices(const Groups& groups, MonoTime now, Families& out) {
  out.push_back(requests(groups));
  out.push_back(generated(groups));
  out.push_back(aborts(groups));
  counters(groups, out);
  histograms(groups, now, out);
}

}  // namespace lb::observe
