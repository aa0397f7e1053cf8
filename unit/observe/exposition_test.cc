// The metrics as a scraper reads them.
#include "unit/observe/exposition.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "unit/observe/fixtures.h"

namespace lb::observe {
namespace {

using Labels = std::map<std::string, std::string>;
const Labels kService{{"service", kServiceName}};
const Labels kBackend{{"service", kServiceName}, {"backend", kBackendName}};

Labels with(Labels labels, const std::string& name, const std::string& value) {
  labels[name] = value;
  return labels;
}

class Exposition : public testing::Test {
 protected:
  std::vector<ExposedFamily> scrape(MonoTime now = at(1s)) {
    return parseExposition(telemetry_.prometheusText(now, process_));
  }
  double value(const std::string& name, const Labels& labels = {}) {
    return find(scrape(), name, labels).value_or(std::nan(""));
  }
  ServiceStats& service() { return *views_[0].services[0]; }
  BackendStats& backend() { return *views_[0].backends[0][0]; }

  Telemetry telemetry_{2, testBuild()};
  Telemetry::Process process_{};
  std::vector<StatsView> views_ = telemetry_.apply(configWith({kServiceName}));
};

TEST_F(Exposition, OfOneAnsweredRequest) {
  book(answeredRecord(), at(1s), service(), &backend());
  bookAttempt(AttemptResult::Ok, 200, backend());
  EXPECT_EQ(value("lb_requests_total",
                  {{"service", kServiceName}, {"method", "GET"}, {"code", "200"}, {"origin", "backend"}}),
            1);
  EXPECT_EQ(value("lb_backend_responses_total", with(kBackend, "code", "200")), 1);
  EXPECT_EQ(value("lb_backend_attempts_total", with(kBackend, "result", "ok")), 1);
  EXPECT_EQ(value("lb_backend_attempts_total", with(kBackend, "result", "timeout")), 0);
  EXPECT_EQ(value("lb_received_bytes_total", with(kService, "side", "client")), 100);
  EXPECT_EQ(value("lb_sent_bytes_total", with(kService, "side", "client")), 1234);
  EXPECT_EQ(value("lb_received_bytes_total", with(kService, "side", "backend")), 1200);
  EXPECT_EQ(value("lb_sent_bytes_total", with(kService, "side", "backend")), 150);
}

TEST_F(Exposition, OfEveryPhase) {
  book(answeredRecord(), at(1s), service(), &backend());
  struct Row {
    const char* name;
    Labels labels;
    double seconds;
  };
  const Row rows[] = {
      {"lb_request", kService, 0.0022},
      {"lb_request_receive", kService, 0.00001},
      {"lb_response_send", kService, 0.00004},
      {"lb_overhead", with(kService, "direction", "request"), 0.00002},
      {"lb_overhead", with(kService, "direction", "response"), 0.00003},
      {"lb_backend_connect", kBackend, 0.0003},
      {"lb_backend_send", kBackend, 0.00008},
      {"lb_backend_wait", kBackend, 0.00191},
      {"lb_backend_receive", kBackend, 0.00003},
  };
  for (const Row& row : rows) {
    const std::string name(row.name);
    EXPECT_EQ(value(name + "_duration_seconds_count", row.labels), 1) << name;
    EXPECT_DOUBLE_EQ(value(name + "_duration_seconds_sum", row.labels), row.seconds) << name;
    EXPECT_DOUBLE_EQ(value(name + "_duration_max_seconds", row.labels), row.seconds) << name;
    EXPECT_EQ(value(name + "_duration_seconds_bucket", with(row.labels, "le", "+Inf")), 1) << name;
  }
  EXPECT_EQ(value("lb_request_duration_seconds_bucket", with(kService, "le", "0.001")), 0);
  EXPECT_EQ(value("lb_request_duration_seconds_bucket", with(kService, "le", "0.01")), 1);
}

TEST_F(Exposition, OfOwnAnswersAbortsAndRetries) {
  book(unroutedRecord(), at(1s), *views_[1].none, nullptr);
  Record aborted = answeredRecord();
  aborted.aborted = AbortPhase::Request;
  aborted.backend_broke = true;
  book(aborted, at(1s), service(), nullptr);
  service().retries[0].add(3);
  service().sticky_moved.add(4);
  service().hash_passed_on.add(5);
  EXPECT_EQ(value("lb_generated_responses_total", {{"service", "_none"}, {"code", "404"}, {"reason", "no_route"}}), 1);
  EXPECT_EQ(value("lb_client_aborts_total", with(kService, "phase", "request")), 1);
  EXPECT_EQ(value("lb_client_aborts_total", with(kService, "phase", "wait")), 0);
  EXPECT_EQ(value("lb_retries_total", with(kService, "reason", "stale_connection")), 3);
  EXPECT_EQ(value("lb_backend_truncated_responses_total", kService), 1);
  EXPECT_EQ(value("lb_sticky_moved_total", kService), 4);
  EXPECT_EQ(value("lb_hash_passed_on_total", kService), 5);
}

TEST_F(Exposition, OfConnections) {
  backend().connections_active.add(2);
  backend().connections_idle.add(3);
  backend().connections_opened.add(9);
  backend().connections_reused.add(8);
  backend().connections_stale_reuse.add(7);
  backend().inflight_requests.add(2);
  backend().inflight_requests.subtract();
  service().inflight_requests.add(6);
  EXPECT_EQ(value("lb_backend_connections", with(kBackend, "state", "active")), 2);
  EXPECT_EQ(value("lb_backend_connections", with(kBackend, "state", "idle")), 3);
  EXPECT_EQ(value("lb_backend_connections_opened_total", kBackend), 9);
  EXPECT_EQ(value("lb_backend_connections_reused_total", kBackend), 8);
  EXPECT_EQ(value("lb_backend_stale_reuse_total", kBackend), 7);
  EXPECT_EQ(value("lb_backend_inflight_requests", kBackend), 1);
  EXPECT_EQ(value("lb_service_inflight_requests", kService), 6);
}

TEST_F(Exposition, OfWorkers) {
  WorkerStats& first = *views_[0].worker;
  WorkerStats& second = *views_[1].worker;
  first.connections_accepted.add(10);
  second.connections_accepted.add(5);
  first.connections_open.add(4);
  second.connections_open.add(3);
  first.connections_idle.add(2);
  first.accept_failures.add(1);
  second.accept_pauses.add(2);
  first.dns_ok.add(11);
  first.dns_failed.add(12);
  first.buffer_bytes.set(100);
  second.buffer_bytes.set(50);
  second.busy_nanoseconds.add(1'500'000'000);
  second.loop_lag.observe(30us, at(1s));
  EXPECT_EQ(value("lb_client_connections_total"), 15);
  EXPECT_EQ(value("lb_client_connections", {{"state", "active"}}), 5);
  EXPECT_EQ(value("lb_client_connections", {{"state", "idle"}}), 2);
  EXPECT_EQ(value("lb_client_accept_failures_total"), 1);
  EXPECT_EQ(value("lb_client_accept_pauses_total"), 2);
  EXPECT_EQ(value("lb_dns_lookups_total", {{"result", "ok"}}), 11);
  EXPECT_EQ(value("lb_dns_lookups_total", {{"result", "failed"}}), 12);
  EXPECT_EQ(value("lb_buffer_bytes"), 150);
  EXPECT_EQ(value("lb_worker_connections", {{"worker", "0"}}), 4);
  EXPECT_EQ(value("lb_worker_connections", {{"worker", "1"}}), 3);
  EXPECT_EQ(value("lb_worker_busy_seconds_total", {{"worker", "1"}}), 1.5);
  EXPECT_EQ(value("lb_worker_loop_lag_seconds_count", {{"worker", "0"}}), 0);
  EXPECT_EQ(value("lb_worker_loop_lag_seconds_count", {{"worker", "1"}}), 1);
  EXPECT_DOUBLE_EQ(value("lb_worker_loop_lag_max_seconds", {{"worker", "1"}}), 30e-6);
}

TEST_F(Exposition, NeverShowsNegativeActiveConnections) {
  views_[0].worker->connections_idle.add(2);  // read a moment after connections_open
  EXPECT_EQ(value("lb_client_connections", {{"state", "active"}}), 0);
}

TEST_F(Exposition, OfControlAndProcess) {
  telemetry_.setControl({.draining = true,
                         .last_reload_ok = false,
                         .last_reload_ok_timestamp = 1'767'323'045.5,
                         .reloads_ok = 3,
                         .reloads_failed = 1,
                         .config_hash = "c0ffee"});
  process_ = {.cpu_seconds = 1.25,
              .start_time_seconds = 1'767'000'000,
              .resident_bytes = 12'345'678'901,
              .open_fds = 42,
              .max_fds = 1024,
              .log_bytes_dropped = 17,
              .access_log_bytes_dropped = 18};
  EXPECT_EQ(value("lb_draining"), 1);
  EXPECT_EQ(value("lb_config_last_reload_successful"), 0);
  EXPECT_EQ(value("lb_config_last_reload_success_timestamp_seconds"), 1'767'323'045.5);
  EXPECT_EQ(value("lb_config_reloads_total", {{"result", "ok"}}), 3);
  EXPECT_EQ(value("lb_config_reloads_total", {{"result", "failed"}}), 1);
  EXPECT_EQ(value("lb_config_info", {{"hash", "c0ffee"}}), 1);
  EXPECT_EQ(value("lb_build_info", {{"version", "0.1.0"}, {"revision", "abc123"}, {"compiler", "g++ 12"}}), 1);
  EXPECT_EQ(value("process_cpu_seconds_total"), 1.25);
  EXPECT_EQ(value("process_start_time_seconds"), 1'767'000'000);
  EXPECT_EQ(value("process_resident_memory_bytes"), 12'345'678'901);
  EXPECT_EQ(value("process_open_fds"), 42);
  EXPECT_EQ(value("process_max_fds"), 1024);
  EXPECT_EQ(value("lb_log_dropped_bytes_total", {{"log", "program"}}), 17);
  EXPECT_EQ(value("lb_log_dropped_bytes_total", {{"log", "access"}}), 18);
}

TEST_F(Exposition, CountsItsOwnSeries) {
  book(answeredRecord(), at(1s), service(), &backend());
  std::size_t samples = 0;
  for (const ExposedFamily& family : scrape()) samples += family.samples.size();
  EXPECT_EQ(value("lb_metrics_series"), static_cast<double>(samples));
}

TEST_F(Exposition, BucketsAreCumulativeAndEndInTheCount) {
  for (const Duration total : {Duration(500us), Duration(5ms), Duration(5ms), Duration(1s)}) {
    Record record = answeredRecord();
    record.phases.total = total;
    book(record, at(1s), service(), nullptr);
  }
  EXPECT_EQ(value("lb_request_duration_seconds_bucket", with(kService, "le", "0.001")), 1);
  EXPECT_EQ(value("lb_request_duration_seconds_bucket", with(kService, "le", "0.01")), 3);
  EXPECT_EQ(value("lb_request_duration_seconds_bucket", with(kService, "le", "0.1")), 3);
  EXPECT_EQ(value("lb_request_duration_seconds_bucket", with(kService, "le", "+Inf")), 4);
  EXPECT_EQ(value("lb_request_duration_seconds_count", kService), 4);
}

TEST_F(Exposition, WritesBoundsAsPeopleWriteThem) {
  std::set<std::string> bounds;
  for (const ExposedFamily& family : scrape()) {
    for (const Sample& sample : family.samples) {
      if (sample.labels.contains("le")) bounds.insert(sample.labels.at("le"));
    }
  }
  EXPECT_THAT(bounds, testing::UnorderedElementsAre("0.001", "0.01", "0.1", "1e-05", "0.0001", "+Inf"));
}

TEST_F(Exposition, TheMaximumIsForgottenAfterAMinuteAndTheHistogramIsNot) {
  book(answeredRecord(), at(1s), service(), &backend());
  const auto later = scrape(at(80s));
  EXPECT_EQ(find(later, "lb_request_duration_max_seconds", kService), 0);
  EXPECT_EQ(find(later, "lb_request_duration_seconds_count", kService), 1);
}

TEST_F(Exposition, LeavesOutTheBackendsHistogramsIfAskedTo) {
  const auto has = [this](const std::string& name) {
    return std::ranges::any_of(scrape(), [&](const ExposedFamily& family) { return family.name == name; });
  };
  EXPECT_TRUE(has("lb_backend_wait_duration_seconds"));
  config::Config config = configWith({kServiceName});
  config.metrics.backend_histograms = false;
  views_ = telemetry_.apply(config);
  for (const char* phase : {"connect", "send", "wait", "receive"}) {
    EXPECT_FALSE(has(std::string("lb_backend_") + phase + "_duration_seconds"));
    EXPECT_FALSE(has(std::string("lb_backend_") + phase + "_duration_max_seconds"));
  }
  EXPECT_TRUE(has("lb_request_duration_seconds"));
  EXPECT_TRUE(has("lb_backend_attempts_total"));
}

// Whatever clients and backends send, the label values are those of the configuration and of fixed lists.
TEST_F(Exposition, LabelsNeverComeFromTheWire) {
  Record record = answeredRecord();
  record.method = http::Method::Other;
  record.method_text = "EVIL";
  record.host = "evil.example";
  record.path = "/evil";
  record.user_agent = "evil";
  record.service = "evil";
  record.backend = "evil";
  record.detail = "evil";
  book(record, at(1s), service(), &backend());
  book(record, at(1s), *views_[0].none, nullptr);
  const std::string text = telemetry_.prometheusText(at(1s), {});
  EXPECT_EQ(text.find("evil"), std::string::npos);
  EXPECT_EQ(text.find("EVIL"), std::string::npos);
  EXPECT_EQ(
      value("lb_requests_total", {{"service", "_none"}, {"method", "OTHER"}, {"code", "200"}, {"origin", "backend"}}),
      1);
}

TEST_F(Exposition, KeepsToTheNamingRules) {
  for (const ExposedFamily& family : scrape()) {
    EXPECT_TRUE(family.name.starts_with("lb_") || family.name.starts_with("process_")) << family.name;
    EXPECT_EQ(family.type == "counter", family.name.ends_with("_total")) << family.name;
    EXPECT_TRUE(family.type != "histogram" || family.name.ends_with("_seconds")) << family.name;
    EXPECT_TRUE(family.help.ends_with(".") || family.name.ends_with("_info")) << family.name << ": " << family.help;
  }
}

}  // namespace
}  // namespace lb::observe
