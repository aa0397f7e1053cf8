// The proxy under test: lb::Control and its lb::Workers on one simulated host, put together as the real program does
// it.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lb/control.h"
#include "sim/net/sim_env.h"

namespace sim::run {

// What each stream of random numbers, by its name, would draw next. Asking draws it.
using NextDraws = std::vector<std::pair<std::string, std::uint64_t>>;

// What the process writes, for whoever wants to read it.
class ProxyOutput {
 public:
  virtual void onLog(lb::LogLevel level, std::string_view line) = 0;
  virtual void onAccess(std::string_view line) = 0;  // one line of the access log

 protected:
  ~ProxyOutput() = default;
};

class Proxy final : public lb::ControlHost, public lb::Logger, public lb::LineSink {
 public:
  Proxy(net::Fabric& fabric, net::Host& host, const lb::config::Config& config, ProxyOutput& output);
  ~Proxy() override;

  // REQUIRES: every name that the configuration has is in the fabric, or first requests wait for it.
  [[nodiscard]] lb::Result<void> start();
  // What is in the configured file from now on; `taken` is called when it is read.
  void offer(lb::config::Config config, std::function<void()> taken);
  void spoil(std::uint64_t how);  // and from now on it is no configuration, until the next offer
  void reload(lb::config::Config config);
  void fileChanged() { control_->fileChanged(readConfiguration()); }
  [[nodiscard]] const lb::config::Config& config() const { return config_; }  // in force
  void drain() { control_->drain(); }
  void destroyWorkers();
  // As if the system did not let this thread run for that long.
  void pauseWorker(std::size_t index, Duration time) { threads_.at(index).env->loop.pauseFor(time); }

  [[nodiscard]] bool stopped() const { return stopped_; }
  [[nodiscard]] int exitCode() const { return exit_code_; }
  [[nodiscard]] bool accepting() { return control_->notReady().empty(); }
  [[nodiscard]] std::size_t blocksInUse() const;
  [[nodiscard]] std::uint64_t timersArmed() const;
  [[nodiscard]] std::uint64_t turns() const;
  [[nodiscard]] lb::Control& control() { return *control_; }
  [[nodiscard]] NextDraws nextDraws();
  [[nodiscard]] std::size_t workers() const { return threads_.size(); }

  // Sums over all workers.
  struct Gauges {
    std::uint64_t connections = 0, idle_connections = 0, inflight = 0;
    std::uint64_t backend_active = 0, backend_idle = 0, backend_inflight = 0;
    std::uint64_t requests = 0, attempts = 0;
    // Of each service:
    std::vector<std::uint64_t> idle_most;  // pooled connections of one worker and one backend
    std::vector<std::uint64_t> queued;     // requests that wait for a backend with room
  };
  [[nodiscard]] Gauges gauges();
  [[nodiscard]] std::uint64_t placesTaken();  // on backends, as all workers share the knowledge of it

 private:
  struct Thread {
    std::unique_ptr<net::SimEnv> env;
    std::unique_ptr<lb::Worker> worker;
  };
  class Port;

  lb::Result<std::string> readConfiguration() override;
  lb::Result<void> probeListen(const lb::Address&, bool) override { return {}; }
  lb::observe::Telemetry::Process process() override { return {}; }
  void postToControl(std::move_only_function<void()> task) override { control_env_.loop.post(std::move(task)); }
  void onStopped(int exit_code) override;
  bool enabled(lb::LogLevel) const override { return true; }
  void write(lb::LogLevel level, std::string_view line) override { output_.onLog(level, line); }
  void write(std::string_view line) override { output_.onAccess(line); }

  ProxyOutput& output_;
  lb::config::Config config_;
  std::optional<lb::config::Config> offered_;  // nobody has read it yet
  std::function<void()> taken_;
  std::optional<std::uint64_t> spoilt_;
  net::SimEnv control_env_;
  std::vector<Thread> threads_;
  std::unique_ptr<lb::Control> control_;
  bool stopped_ = false;
  int exit_code_ = 0;
};

}  // namespace sim::run
