// See control.h.
#include "lb/control.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "lb/back/share.h"
#include "lb/base/hash.h"

namespace lb {
namespace {

// Whoever can reach the control plane must not take the descriptors that traffic needs.
constexpr std::uint32_t kAdminConnectionsMax = 1024;
constexpr std::uint32_t kAdminConnectionsPerClientMax = 64;

Address addressOf(const std::string& text, std::uint16_t port) {
  return {IpAddress::parse(text).value_or(IpAddress{}), port};
}

}  // namespace

Control::Control(const Env& env, ControlHost& host, Logger& log, ControlOptions options, std::size_t workers)
    : env_(env),
      host_(host),
      log_(log),
      options_(std::move(options)),
      telemetry_(workers, options_.build),
      health_(env, registry_, blocks_, log),
      worker_count_(workers),
      admin_router_(*this, {}, env.clock, blocks_),
      admin_stats_(observe::Layouts(config::Metrics{})),
      drain_delay_(env.loop.makeTimer([this] { drainWorkers(); })) {
  telemetry_.setBackendStates([this] { return back::statesOf(registry_, env_.clock.precise()); });
  telemetry_.setHealthSource([this] { return monitor::healthView(registry_); });
  registry_.setWatcher([this] { wakeMonitor(); });
}

Control::~Control() = default;

std::shared_ptr<const config::Config> Control::resolved(config::Config config) const {
  if (config.limits.max_connections == 0) config.limits.max_connections = options_.max_connections;
  if (config.threads == 0) config.threads = static_cast<std::uint32_t>(worker_count_);
  return std::make_shared<const config::Config>(std::move(config));
}

Result<void> Control::start(std::shared_ptr<const config::Config> config,
                            std::vector<std::unique_ptr<WorkerPort>> workers) {
  config_ = std::move(config);
  workers_ = std::move(workers);
  for (const config::Listen& listen : config_->listen) {
    if (const auto free = host_.probeListen(addressOf(listen.address, listen.port), false); !free) return free;
  }
  if (config_->admin.enabled) {
    if (const auto started = startAdmin(config_->admin); !started) return started;
  }
  state_.last_reload_ok_timestamp = std::chrono::duration<double>(env_.clock.wall().since_epoch).count();
  noteConfiguration();
  health_.apply(*config_);
  const std::vector<observe::StatsView> views = telemetry_.apply(*config_);
  for (std::size_t i = 0; i < workers_.size(); ++i) {
    workers_[i]->post([this, configuration = config_, view = views[i]](Worker& worker) {
      const auto started =
          worker.start(configuration, view, registry_, [this] { host_.postToControl([this] { workerAccepting(); }); });
      if (!started) host_.postToControl([this, what = started.error().what] { workerFailed(what); });
    });
  }
  return {};
}

Result<void> Control::startAdmin(const config::Admin& settings) {
  admin_router_.setAllow(settings.allow);
  admin_settings_.connections_max = kAdminConnectionsMax;
  admin_settings_.connections_per_client_max = kAdminConnectionsPerClientMax;
  admin_server_ = std::make_unique<front::Server>(env_, blocks_, admin_router_, log_, admin_stats_, admin_settings_);
  admin_server_->setClientCounts(admin_clients_);
  const Address at = addressOf(settings.address, settings.port);
  if (settings.port != 0) {
    if (const auto free = host_.probeListen(at, false); !free) return free;
  }
  const auto bound = admin_server_->listen(at);
  if (!bound) return bound;
  log_.write(LogLevel::Info, fmt::format("control plane on {}", admin_server_->localAddresses().front().toString()));
  return {};
}

void Control::workerAccepting() {
  if (++accepting_ != workers_.size()) return;
  std::string where;
  for (const config::Listen& listen : config_->listen) {
    where +=
        fmt::format("{}{}:{}", where.empty() ? "" : ", ", listen.address.empty() ? "*" : listen.address, listen.port);
  }
  log_.write(LogLevel::Info, fmt::format("listening on {} with {} worker{}, {} service{}", where, workers_.size(),
                                         workers_.size() == 1 ? "" : "s", config_->services.size(),
                                         config_->services.size() == 1 ? "" : "s"));
}

void Control::workerFailed(std::string what) {
  log_.write(LogLevel::Error, what);
  stop(1);
}

void Control::noteConfiguration() {
  state_.config_hash = fmt::format("{:016x}", fnv1a(config::dump(*config_)));
  telemetry_.setControl(state_);
}

void Control::drain() {
  if (state_.draining) {
    log_.write(LogLevel::Warn, "stopping at once; requests in flight are cut");
    stop(1);
    return;
  }
  state_.draining = true;
  telemetry_.setControl(state_);
  const auto seconds = [](Duration duration) { return std::chrono::duration<double>(duration).count(); };
  log_.write(LogLevel::Info, fmt::format("draining: up to {:g} s for what is in flight; signal again to stop at once",
                                         seconds(config_->drain.delay + config_->drain.timeout)));
  for (const auto& worker : workers_) worker->post([](Worker& one) { one.announceDrain(); });
  drain_delay_->arm(config_->drain.delay);
}

void Control::drainWorkers() {
  for (const auto& worker : workers_) {
    worker->post([this, timeout = config_->drain.timeout](Worker& one) {
      one.drain(timeout, [this] { host_.postToControl([this] { workerDrained(); }); });
    });
  }
}

void Control::workerDrained() {
  if (++drained_ == workers_.size()) stop(0);
}

void Control::stop(int exit_code) {
  if (std::exchange(stopped_, true)) return;
  for (const auto& worker : workers_) worker->post([](Worker& one) { one.shutdownNow(); });
  if (admin_server_) admin_server_->shutdownNow();
  health_.stop();
  host_.onStopped(exit_code);
}

// Also asked from workers (metrics.on_proxy_port), so it reads no state of the loop.
std::string Control::metrics() {
  return telemetry_.prometheusText(env_.clock.precise(), host_.process());
}
std::string Control::stats() {
  return telemetry_.statsJson(env_.clock.precise());
}
std::string Control::configuration() {
  return config::dump(*config_);
}

std::string Control::version() {
  return fmt::format("{{\"name\":\"lb\",\"version\":\"{}\",\"revision\":\"{}\",\"compiler\":\"{}\"}}\n",
                     options_.build.version, options_.build.revision, options_.build.compiler);
}

std::string Control::notReady() {
  if (state_.draining) return "draining";
  if (accepting_ < workers_.size()) return "starting";
  return {};
}

std::string Control::backends() {
  return health_.json();
}

std::size_t Control::order(const admin::BackendOrder& order) {
  using Kind = admin::BackendOrder::Kind;
  switch (order.kind) {
    case Kind::Enable: return health_.enable(order.service, order.backend);
    case Kind::Weight: return health_.setWeight(order.service, order.backend, order.weight);
    case Kind::Drain: break;
  }
  const std::size_t count = health_.drain(order.service, order.backend);
  // Connections that wait in pools close now, not when somebody is sent there next.
  for (const auto& worker : workers_) worker->post([](Worker& one) { one.refreshBackends(); });
  return count;
}

// From any thread. The flag is down before it looks, so that what comes meanwhile wakes it once more.
void Control::wakeMonitor() {
  if (health_woken_.exchange(true)) return;
  host_.postToControl([this] {
    health_woken_ = false;
    if (!stopped_) health_.look();
  });
}

std::vector<Address> Control::adminAddresses() const {
  return admin_server_ ? admin_server_->localAddresses() : std::vector<Address>{};
}

}  // namespace lb
