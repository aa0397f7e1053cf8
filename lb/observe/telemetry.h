// Everything the proxy counts, laid out per worker so that the request path writes plain memory of its own.
//
// Telemetry belongs to the process. The control side calls apply() for each configuration and collect() for each
// scrape; both take a mutex that the request path never sees. A worker holds shared_ptrs to its own ServiceStats and
// BackendStats and is the only writer of them; a service's or backend's series vanish when the configuration no longer
// has it and the worker has let go.
#pragma once

#include <array>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include <prometheus/metric_family.h>

#include "lb/config/config.h"
#include "lb/observe/backend_state.h"
#include "lb/observe/code_counters.h"
#include "lb/observe/counter.h"
#include "lb/observe/histogram.h"
#include "lb/observe/record.h"

namespace lb::observe {

using LayoutPtr = std::shared_ptr<const BucketLayout>;
struct Layouts {  // of all histograms of one kind
  explicit Layouts(const config::Metrics& settings);
  LayoutPtr request, overhead;
};

// One backend as one worker sees it.
struct BackendStats {
  BackendStats(std::string label, const LayoutPtr& layout);
  // What nearly every request writes comes first, in two cache lines.
  alignas(64) Counter inflight_requests;         // gauge
  Counter connections_active, connections_idle;  // gauges: lb_backend_connections{state}
  Counter connections_reused;
  std::array<Counter, kAttemptResultCount> attempts;  // lb_backend_attempts_total{result}
  StatusCounters responses;                           // lb_backend_responses_total{code}
  Histogram send, wait, receive, connect;
  Counter connections_opened, connections_stale_reuse;
  std::string label;  // "127.0.0.1:9090", as configured
};

// One service as one worker sees it. "_none" stands for requests that matched no service.
struct ServiceStats {
  ServiceStats(std::string name, const Layouts& layouts);
  std::string name;
  RequestCounters requests;       // lb_requests_total{method,code,origin}
  ReasonCounters generated;       // lb_generated_responses_total{code,reason}
  std::array<Counter, 3> aborts;  // lb_client_aborts_total{phase}
  Counter inflight_requests;
  Counter client_bytes_in, client_bytes_out, backend_bytes_in, backend_bytes_out;
  std::array<Counter, kRetryReasonCount> retries;         // lb_retries_total{reason}
  std::array<Counter, kRetryDenialCount> retries_denied;  // lb_retries_denied_total{reason}
  Counter truncated_responses;                            // lb_backend_truncated_responses_total
  Counter queue_length;                                   // gauge
  Counter sticky_moved;                                   // lb_sticky_moved_total
  Counter hash_passed_on;                                 // lb_hash_passed_on_total
  Histogram request, receive, response;
  Histogram queue;
  Histogram overhead_request, overhead_response;
  Percentiles request_percentiles, overhead_percentiles;  // exact to 1 %, for /stats
};

// What is not of one service.
struct WorkerStats {
  explicit WorkerStats(const Layouts& layouts);
  Counter connections_accepted, connections_open, connections_idle;  // clients
  Counter accept_failures, accept_pauses;
  Counter rejected_per_client;  // lb_client_connections_rejected_total{reason="per_client"}
  Counter dns_ok, dns_failed;
  Counter buffer_bytes;
  Counter busy_nanoseconds;  // time spent in callbacks
  Histogram loop_lag;
};

// A worker's view of one configuration.
struct StatsView {
  std::shared_ptr<WorkerStats> worker;
  std::shared_ptr<ServiceStats> none;                   // "_none"
  std::vector<std::shared_ptr<ServiceStats>> services;  // in the order of the configuration's services
  // [service][host], both in the order of the configuration; hosts with the same label share one. They stand here and
  // not in ServiceStats because the next configuration may keep the service but change its hosts while the worker
  // reads.
  std::vector<std::vector<std::shared_ptr<BackendStats>>> backends;
};

// Books a finished exchange: every counter and histogram that follows from the record. `backend` may be null.
void book(const Record& record, MonoTime now, ServiceStats& service, BackendStats* backend);
// Books how one attempt at a backend ended; `code` 0 if it sent no head.
void bookAttempt(AttemptResult result, std::uint16_t code, BackendStats& backend);

struct HealthView;  // health_view.h
struct Groups;      // groups.h: all workers' objects, put together by name

struct BuildInfo {
  std::string version, revision, compiler;
};

class Telemetry {
 public:
  Telemetry(std::size_t worker_count, BuildInfo build);

  // One view per worker. What the old and the new configuration share (service by name, backend by label) goes on
  // counting where it was. Bucket bounds are those of the first configuration: histograms that change their bounds
  // cannot be summed with what they were.
  [[nodiscard]] std::vector<StatsView> apply(const config::Config& config);

  struct Process {  // read by the operating-system side at each scrape; the core cannot know them
    double cpu_seconds = 0;
    double start_time_seconds = 0;
    std::uint64_t resident_bytes = 0, open_fds = 0, max_fds = 0;
    std::uint64_t log_bytes_dropped = 0, access_log_bytes_dropped = 0;  // nobody took them
  };
  // Set by the control side as things happen; shown in the metrics.
  struct Control {
    bool draining = false;
    bool last_reload_ok = true;
    double last_reload_ok_timestamp = 0;  // seconds since the epoch
    std::uint64_t reloads_ok = 0, reloads_failed = 0;
    std::string config_hash;
  };
  void setControl(const Control& control);
  // Who knows what is shared of backends; asked at each scrape. Once, before the first.
  void setBackendStates(BackendStates states) { backend_states_ = std::move(states); }
  // Who tells of backends' health, from any thread. Set before the first scrape.
  void setHealthSource(std::function<HealthView()> health) { health_ = std::move(health); }

  [[nodiscard]] std::vector<prometheus::MetricFamily> collect(MonoTime now, const Process& process);
  [[nodiscard]] std::string prometheusText(MonoTime now, const Process& process);  // text format 0.0.4
  [[nodiscard]] std::string statsJson(MonoTime now);  // /stats: per service counts, p50, p99, p99.9, max
  // The same for humans, one line a service, for the shutdown log.
  [[nodiscard]] std::vector<std::string> summaryLines();

 private:
  struct Shard;    // one worker's
  void release();  // forgets what neither the configuration nor a worker has any more; REQUIRES mutex_
  [[nodiscard]] Groups group() const;  // REQUIRES mutex_, as long as the result is in use

  std::mutex mutex_;
  BuildInfo build_;
  Control control_;
  BackendStates backend_states_ = [] { return std::vector<BackendState>(); };
  std::function<HealthView()> health_;
  std::optional<Layouts> layouts_;  // of the first configuration
  bool backend_histograms_ = true;  // of the latest
  std::vector<std::unique_ptr<Shard>> shards_;

 public:
  ~Telemetry();
};

}  // namespace lb::observe
