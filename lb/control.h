// The control side: takes configurations, hands them to the workers, answers the control plane, drains.
//
// It runs on a loop of its own and reaches workers only by messages, so it knows no thread: the real program posts
// across threads, the simulator posts within one.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "lb/admin/admin.h"
#include "lb/config/parse.h"
#include "lb/front/server.h"
#include "lb/monitor/health_monitor.h"
#include "lb/observe/telemetry.h"
#include "lb/worker.h"

namespace lb {

// The way to one worker: the task runs on the worker's loop, later, in order.
class WorkerPort {
 public:
  virtual ~WorkerPort() = default;
  virtual void post(std::move_only_function<void(Worker&)> task) = 0;
};

// What only the operating-system side knows or can do.
class ControlHost {
 public:
  virtual ~ControlHost() = default;
  [[nodiscard]] virtual Result<std::string> readConfiguration() = 0;  // the text of the configured file
  // Could a listener be opened there? `beside_ours`: on a port that we listen on already, at another address.
  [[nodiscard]] virtual Result<void> probeListen(const Address& at, bool beside_ours) = 0;
  [[nodiscard]] virtual observe::Telemetry::Process process() = 0;
  // From a worker's loop to the control loop.
  virtual void postToControl(std::move_only_function<void()> task) = 0;
  virtual void onStopped(int exit_code) = 0;  // all is over; the program may end
};

struct ControlOptions {
  std::string file_name = "config.yaml";  // for messages
  observe::BuildInfo build;
  std::uint32_t max_connections = 0;  // what `auto` means on this machine
};

class Control final : public admin::AdminSource {
 public:
  Control(const Env& env, ControlHost& host, Logger& log, ControlOptions options, std::size_t workers);
  ~Control() override;

  // The configuration as the workers get it: what `auto` stands for filled in.
  [[nodiscard]] std::shared_ptr<const config::Config> resolved(config::Config config) const;

  // Starts workers and control plane. On an error nothing goes on listening for long: the program is to end.
  [[nodiscard]] Result<void> start(std::shared_ptr<const config::Config> config,
                                   std::vector<std::unique_ptr<WorkerPort>> workers);
  // Reads, checks, hands out; or keeps the old one and says why. One path whoever asks: a signal, the control plane, or
  // the file itself, of which nothing is said when it means what is in force already.
  void reload() { static_cast<void>(reloadNow()); }
  admin::Reloaded reloadNow() override;
  void fileChanged(const Result<std::string>& text);  // as it is now
  void drain();                                       // the first call drains, a second one stops at once

  std::string metrics() override;
  std::string stats() override;
  std::string configuration() override;
  std::string version() override;
  std::string notReady() override;
  std::string backends() override;
  std::size_t order(const admin::BackendOrder& order) override;

  [[nodiscard]] back::Registry& registry() { return registry_; }
  [[nodiscard]] observe::Telemetry& telemetry() { return telemetry_; }
  [[nodiscard]] std::vector<Address> adminAddresses() const;

 private:
  [[nodiscard]] Result<void> startAdmin(const config::Admin& settings);
  void workerAccepting();
  void workerFailed(std::string what);
  void workerDrained();
  void drainWorkers();
  void stop(int exit_code);
  enum class Asked : std::uint8_t { Explicitly, ByFile };
  struct Outcome {
    std::uint16_t status = 200;
    std::vector<config::Issue> errors, warnings;  // what is not of the file has no place
  };
  [[nodiscard]] Outcome tryReload(Asked asked, const Result<std::string>& text);
  [[nodiscard]] Outcome refuse(std::uint16_t status, std::vector<config::Issue> errors);
  void takeOver(std::shared_ptr<const config::Config> next);
  void warnAboutRestart(const config::Config& next);
  void noteConfiguration();
  void noteInForce();
  void wakeMonitor();

  Env env_;
  ControlHost& host_;
  Logger& log_;
  ControlOptions options_;
  back::Registry registry_;
  observe::Telemetry telemetry_;
  observe::Telemetry::Control state_;
  buf::BlockPool blocks_;
  monitor::HealthMonitor health_;
  std::atomic<bool> health_woken_{false};  // it will look; nobody needs to wake it again
  std::shared_ptr<const config::Config> config_;
  std::vector<std::unique_ptr<WorkerPort>> workers_;
  std::size_t worker_count_;
  std::size_t accepting_ = 0;
  std::size_t drained_ = 0;
  bool stopped_ = false;
  admin::AdminRouter admin_router_;
  observe::WorkerStats admin_stats_;
  front::ClientSettings admin_settings_;
  AddressCounts admin_clients_;
  std::unique_ptr<front::Server> admin_server_;
  std::unique_ptr<Timer> drain_delay_;
};

}  // namespace lb
