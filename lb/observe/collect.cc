// A scrape: everything under one short lock, then the process's own families and the text.
#include <prometheus/text_serializer.h>

#include "lb/observe/families.h"
#include "lb/observe/health_view.h"

namespace lb::observe {
namespace {

void addOne(Families& out, Family family, double value) {
  family.add({}, value);
  out.push_back(family.take());
}

void collectControl(const Telemetry::Control& control, const BuildInfo& build, Families& out) {
  addOne(out, gaugeFamily("lb_config_last_reload_successful", "1 if the latest configuration was taken, 0 if refused."),
         control.last_reload_ok ? 1 : 0);
  addOne(
      out,
      gaugeFamily("lb_config_last_reload_success_timestamp_seconds", "When a configuration was last taken, Unix time."),
      control.last_reload_ok_timestamp);
  Family reloads = counterFamily("lb_config_reloads_total", "Reloads asked for, by result.");
  reloads.add({{"result", "ok"}}, control.reloads_ok);
  reloads.add({{"result", "failed"}}, control.reloads_failed);
  out.push_back(reloads.take());
  Family hash = gaugeFamily("lb_config_info", "1; the label names the configuration in use.");
  hash.add({{"hash", control.config_hash}}, 1.0);
  out.push_back(hash.take());
  addOne(out, gaugeFamily("lb_draining", "1 while the proxy finishes what is in flight before it ends."),
         control.draining ? 1 : 0);
  Family info = gaugeFamily("lb_build_info", "1; the labels name the build.");
  info.add({{"version", build.version}, {"revision", build.revision}, {"compiler", build.compiler}}, 1.0);
  out.push_back(info.take());
}

void collectProcess(const Telemetry::Process& process, Families& out) {
  addOne(out, counterFamily("process_cpu_seconds_total", "User and system time spent by the process."),
         process.cpu_seconds);
  addOne(out, gaugeFamily("process_resident_memory_bytes", "Resident memory of the process."),
         static_cast<double>(process.resident_bytes));
  addOne(out, gaugeFamily("process_open_fds", "Open file descriptors."), static_cast<double>(process.open_fds));
  addOne(out, gaugeFamily("process_max_fds", "The limit of open file descriptors."),
         static_cast<double>(process.max_fds));
  addOne(out, gaugeFamily("process_start_time_seconds", "When the process started, Unix time."),
         process.start_time_seconds);
  Family dropped = counterFamily("lb_log_dropped_bytes_total",
                                 "Bytes of log lines that are lost: the disk was full, or nobody read them in time.");
  dropped.add({{"log", "access"}}, static_cast<double>(process.access_log_bytes_dropped));
  dropped.add({{"log", "program"}}, static_cast<double>(process.log_bytes_dropped));
  out.push_back(dropped.take());
}

}  // namespace

std::vector<prometheus::MetricFamily> Telemetry::collect(MonoTime now, const Process& process) {
  const std::vector<BackendState> states = backend_states_();
  const std::lock_guard lock(mutex_);
  release();
  const Groups groups = group();
  Families out;
  collectServices(groups, now, out);
  collectBackends(groups, now, backend_histograms_, out);
  collectBalance(states, out);
  collectWorkers(groups, now, out);
  collectHealth(health_ ? health_() : HealthView{}, out);
  collectControl(control_, build_, out);
  collectProcess(process, out);
  const auto series = static_cast<double>(seriesCount(out) + 1);  // with itself
  addOne(out, gaugeFamily("lb_metrics_series", "Series in this answer."), series);
  return out;
}

std::string Telemetry::prometheusText(MonoTime now, const Process& process) {
  return prometheus::TextSerializer().Serialize(collect(now, process));
}

}  // namespace lb::observe
