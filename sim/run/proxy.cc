// See proxy.h.
#include "sim/run/proxy.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace sim::run {

class Proxy::Port final : public lb::WorkerPort {
 public:
  Port(lb::Loop& loop, std::unique_ptr<lb::Worker>& worker) : loop_(loop), worker_(worker) {}
  void post(std::move_only_function<void(lb::Worker&)> task) override {
    loop_.post([this, task = std::move(task)]() mutable {
      if (worker_) task(*worker_);
    });
  }

 private:
  lb::Loop& loop_;
  std::unique_ptr<lb::Worker>& worker_;
};

Proxy::Proxy(net::Fabric& fabric, net::Host& host, const lb::config::Config& config, ProxyOutput& output)
    : output_(output), config_(config), control_env_(fabric, host, "control"), threads_(config.threads) {
  control_ = std::make_unique<lb::Control>(
      control_env_.env(), *this, *this,
      lb::ControlOptions{.file_name = "scenario", .build = {"0", "0", "sim"}, .max_connections = 1000},
      threads_.size());
  lb::LineSink* access_log = config_.access_log.path == "off" ? nullptr : this;
  for (std::size_t i = 0; i < threads_.size(); ++i) {
    threads_[i].env = std::make_unique<net::SimEnv>(fabric, host, fmt::format("proxy{}", i));
    net::SimLoop& loop = threads_[i].env->loop;
    threads_[i].worker = std::make_unique<lb::Worker>(
        threads_[i].env->env(), static_cast<std::uint32_t>(threads_.size()), *this, access_log, *control_,
        [&loop] { return static_cast<std::uint64_t>(loop.busy().count()); });
  }
}

Proxy::~Proxy() = default;

lb::Result<void> Proxy::start() {
  std::vector<std::unique_ptr<lb::WorkerPort>> ports;
  for (Thread& thread : threads_) ports.push_back(std::make_unique<Port>(thread.env->loop, thread.worker));
  return control_->start(control_->resolved(config_), std::move(ports));
}

void Proxy::offer(lb::config::Config config, std::function<void()> taken) {
  spoilt_.reset();
  offered_ = std::move(config);
  taken_ = std::move(taken);
}

void Proxy::spoil(std::uint64_t how) {
  spoilt_ = how;
}

lb::Result<std::string> Proxy::readConfiguration() {
  if (spoilt_) {
    if (*spoilt_ % 4 == 0) return std::unexpected(lb::Error{"cannot read the file"});
    const std::string text = lb::config::dump(config_);
    if (*spoilt_ % 4 == 1) return text + "  - name: \"";  // it is still being written
    return *spoilt_ % 4 == 2 ? std::string() : text + "servces: []\n";
  }
  const bool draining = control_->notReady() == "draining";  // then nothing is taken over
  if (offered_ && !draining) {
    std::exchange(taken_, {})();
    config_ = *std::exchange(offered_, std::nullopt);
  }
  return lb::config::dump(config_);
}

void Proxy::reload(lb::config::Config config) {
  offer(std::move(config), [] {});
  control_->reload();
}

void Proxy::destroyWorkers() {
  for (Thread& thread : threads_) thread.worker.reset();
}

void Proxy::onStopped(int exit_code) {
  stopped_ = true;
  exit_code_ = exit_code;
}

std::size_t Proxy::blocksInUse() const {
  std::size_t blocks = 0;
  for (const Thread& thread : threads_) blocks += thread.worker ? thread.worker->blocks().blocksInUse() : 0;
  return blocks;
}

std::uint64_t Proxy::timersArmed() const {
  std::uint64_t timers = control_env_.loop.timersArmed();
  for (const Thread& thread : threads_) timers += thread.env->loop.timersArmed();
  return timers;
}

NextDraws Proxy::nextDraws() {
  NextDraws draws{{"control", control_env_.random.next()}};
  for (std::size_t i = 0; i < threads_.size(); ++i)
    draws.emplace_back(fmt::format("proxy{}", i), threads_[i].env->random.next());
  return draws;
}

std::uint64_t Proxy::turns() const {
  std::uint64_t turns = 0;
  for (const Thread& thread : threads_) turns += thread.env->loop.turns();
  return turns;
}

std::uint64_t Proxy::placesTaken() {
  std::uint64_t taken = 0;
  for (const auto& backend : control_->registry().backends()) taken += backend->inflight.load();
  return taken;
}

// Applying the configuration in force again changes nothing and gives the objects that the workers count in.
Proxy::Gauges Proxy::gauges() {
  Gauges sums;
  sums.idle_most.resize(config_.services.size());
  sums.queued.resize(config_.services.size());
  std::set<const void*> seen;
  for (const lb::observe::StatsView& view : control_->telemetry().apply(config_)) {
    sums.connections += view.worker->connections_open.get();
    sums.idle_connections += view.worker->connections_idle.get();
    for (std::size_t service = 0; service < view.services.size(); ++service)
      sums.queued[service] += view.services[service]->queue_length.get();
    auto services = view.services;
    services.push_back(view.none);
    for (const auto& one : services) {
      if (!seen.insert(one.get()).second) continue;
      sums.inflight += one->inflight_requests.get();
      one->requests.forEach([&](auto, auto, auto, std::uint64_t count) { sums.requests += count; });
    }
    for (std::size_t service = 0; service < view.backends.size(); ++service) {
      for (const auto& one : view.backends[service]) {
        if (!seen.insert(one.get()).second) continue;
        sums.backend_active += one->connections_active.get();
        sums.backend_idle += one->connections_idle.get();
        sums.idle_most[service] = std::max(sums.idle_most[service], one->connections_idle.get());
        sums.backend_inflight += one->inflight_requests.get();
        for (const auto& counter : one->attempts) sums.attempts += counter.get();
      }
    }
  }
  return sums;
}

}  // namespace sim::run
