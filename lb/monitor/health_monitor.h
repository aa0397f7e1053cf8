// The control side of health: knows every backend that a worker uses, has it checked, ejected, drained, and tells of
// it. One for all workers, on the control loop. Workers and it meet in back::Registry: it writes states and counts
// their versions up, they look when a version has changed; they wake it when they have seen something.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "lb/monitor/service_monitor.h"
#include "lb/observe/health_view.h"

namespace lb::monitor {

class HealthMonitor {
 public:
  // Everything outlives it.
  HealthMonitor(const Env& env, back::Registry& registry, buf::BlockPool& blocks, Logger& log);
  ~HealthMonitor();

  void apply(const config::Config& config);
  void look();  // there are new backends, or results to judge
  void stop();  // no check, no ejection any more

  // Orders by hand, for all addresses of that host, or for the one address. How many there are: 0: none of that name.
  std::size_t drain(std::string_view service, std::string_view backend);
  std::size_t enable(std::string_view service, std::string_view backend);
  std::size_t setWeight(std::string_view service, std::string_view backend, std::optional<std::uint32_t> weight);

  [[nodiscard]] std::string json() const;  // of every backend; /backends shows it

 private:
  template <class Order>
  std::size_t forEachNamed(std::string_view service, std::string_view backend, Order order);

  back::Registry& registry_;
  MonitorContext context_;
  std::map<std::string, std::unique_ptr<ServiceMonitor>, std::less<>> services_;
};

// What the metrics show; from any thread.
[[nodiscard]] observe::HealthView healthView(back::Registry& registry);

}  // namespace lb::monitor
