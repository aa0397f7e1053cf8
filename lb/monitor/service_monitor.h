// One service as the control side watches it: its backends, how many of them may be out at a time, and panic.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lb/monitor/backend_monitor.h"

namespace lb::monitor {

class ServiceMonitor final : private BackendMonitorOwner {
 public:
  ServiceMonitor(const MonitorContext& context, std::shared_ptr<back::SharedService> shared,
                 const config::Service& settings);
  ~ServiceMonitor();

  void apply(const config::Service& settings);
  // Unless it is known. A look() has to follow: of many that come at once the stock is taken once.
  void add(std::shared_ptr<back::SharedBackend> backend);
  void look();  // at all of them; forgets those that serve nobody
  [[nodiscard]] const std::map<Address, std::unique_ptr<BackendMonitor>>& backends() const { return backends_; }
  // Names to which no address belongs: they have never resolved, or only to what is another host's.
  [[nodiscard]] std::vector<std::string> unresolved() const;
  [[nodiscard]] const std::string& name() const { return shared_->name; }
  [[nodiscard]] const config::Service& settings() const { return settings_; }
  [[nodiscard]] bool panic() const { return mood_ == Mood::Panic; }
  [[nodiscard]] std::uint32_t healthy() const { return shared_->healthy.load(std::memory_order_relaxed); }

 private:
  enum class Mood : std::uint8_t { Fine, Panic, Nobody };

  void adopt(const config::Service& settings);
  [[nodiscard]] const config::Host* hostOf(const back::SharedBackend& backend) const;
  [[nodiscard]] bool mayEject(const BackendMonitor& backend) override;
  void follow(BackendMonitor& backend);
  void onMoved() override;
  void takeStock();
  void armSweep();
  void sweep();
  void judgeSuccess();
  void judgeLatency();

  const MonitorContext& context_;
  std::shared_ptr<back::SharedService> shared_;
  config::Service settings_;
  std::map<std::string, const config::Host*, std::less<>> hosts_;  // of settings_, by label
  std::map<Address, std::unique_ptr<BackendMonitor>> backends_;
  std::unique_ptr<Timer> sweep_;
  Duration slice_{};  // between two sweeps; zero: there are none
  Mood mood_ = Mood::Fine;
  bool has_new_ = false;
};

}  // namespace lb::monitor
