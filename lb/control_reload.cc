// A new configuration while everything runs: one validated path, all or nothing.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "lb/control.h"
#include "lb/observe/issues_json.h"

namespace lb {

admin::Reloaded Control::reloadNow() {
  const Outcome outcome = tryReload(Asked::Explicitly, host_.readConfiguration());
  const std::string shown = observe::issuesJson(outcome.errors, outcome.warnings);
  return {outcome.status, fmt::format("{{\"reloaded\":{},{}}}\n", outcome.status == 200, shown)};
}

void Control::fileChanged(const Result<std::string>& text) {
  static_cast<void>(tryReload(Asked::ByFile, text));
}

Control::Outcome Control::refuse(std::uint16_t status, std::vector<config::Issue> errors) {
  for (const config::Issue& issue : errors) {
    log_.write(LogLevel::Error, issue.place.line > 0 ? config::format(options_.file_name, issue) : issue.message);
  }
  log_.write(LogLevel::Error, "the configuration was not reloaded; the old one stays in force");
  ++state_.reloads_failed;
  state_.last_reload_ok = false;
  telemetry_.setControl(state_);
  return {status, std::move(errors), {}};
}

Control::Outcome Control::tryReload(Asked asked, const Result<std::string>& text) {
  if (state_.draining) return {409, {{{}, "", "draining: nothing is taken over any more"}}, {}};
  if (!text) return refuse(422, {{{}, "", text.error().what}});
  auto parsed = config::parse(*text);
  if (!parsed) return refuse(422, std::move(parsed.error()));
  auto next = resolved(std::move(parsed->config));
  if (asked == Asked::ByFile && *next == *config_) {
    noteInForce();
    return {};
  }
  for (const config::Issue& issue : parsed->warnings)
    log_.write(LogLevel::Warn, config::format(options_.file_name, issue));
  for (const config::Listen& listen : next->listen) {
    const auto isOurs = [&](const auto& old) { return old.port == listen.port && old.address == listen.address; };
    if (std::ranges::any_of(config_->listen, isOurs)) continue;
    const bool beside = std::ranges::any_of(config_->listen, [&](const auto& old) { return old.port == listen.port; });
    const Address at{IpAddress::parse(listen.address).value_or(IpAddress{}), listen.port};
    if (const auto free = host_.probeListen(at, beside); !free) return refuse(409, {{{}, "", free.error().what}});
  }
  takeOver(std::move(next));
  return {200, {}, std::move(parsed->warnings)};
}

// What has been refused has been put back to what is in force.
void Control::noteInForce() {
  if (std::exchange(state_.last_reload_ok, true)) return;
  log_.write(LogLevel::Info, "the configuration is again what is in force");
  telemetry_.setControl(state_);
}

void Control::takeOver(std::shared_ptr<const config::Config> next) {
  warnAboutRestart(*next);
  admin_router_.setAllow(next->admin.allow);
  config_ = std::move(next);
  ++state_.reloads_ok;
  state_.last_reload_ok = true;
  state_.last_reload_ok_timestamp = std::chrono::duration<double>(env_.clock.wall().since_epoch).count();
  noteConfiguration();
  health_.apply(*config_);
  std::vector<observe::StatsView> views = telemetry_.apply(*config_);
  for (std::size_t i = 0; i < workers_.size(); ++i) {
    workers_[i]->post(
        [configuration = config_, view = std::move(views[i])](Worker& worker) { worker.reload(configuration, view); });
  }
  log_.write(LogLevel::Info, fmt::format("configuration reloaded: {} services", config_->services.size()));
}

void Control::warnAboutRestart(const config::Config& next) {
  const auto warn = [&](std::string_view key) {
    log_.write(LogLevel::Warn, fmt::format("a change of {} takes effect at the next start", key));
  };
  if (next.threads != config_->threads) warn("threads");
  if (next.busy_poll != config_->busy_poll) warn("busy_poll");
  if (next.admin.enabled != config_->admin.enabled || next.admin.address != config_->admin.address ||
      next.admin.port != config_->admin.port) {
    warn("admin.address and admin.port");
  }
  if (next.dns != config_->dns) warn("dns");
  if (next.metrics.request_buckets != config_->metrics.request_buckets ||
      next.metrics.overhead_buckets != config_->metrics.overhead_buckets) {
    warn("metrics.buckets");
  }
  if (next.log.path != config_->log.path || next.log.format != config_->log.format ||
      next.log.level != config_->log.level) {
    warn("log");
  }
  if (next.access_log.path != config_->access_log.path) warn("access_log.path");
}

}  // namespace lb
