// See health_monitor.h.
#include "lb/monitor/health_monitor.h"

#include <utility>

namespace lb::monitor {

HealthMonitor::HealthMonitor(const Env& env, back::Registry& registry, buf::BlockPool& blocks, Logger& log)
    : registry_(registry), context_{env, blocks, log} {}

HealthMonitor::~HealthMonitor() = default;

void HealthMonitor::apply(const config::Config& config) {
  std::map<std::string, std::unique_ptr<ServiceMonitor>, std::less<>> next;
  for (const config::Service& service : config.services) {
    auto known = services_.find(service.name);
    if (known != services_.end()) {
      known->second->apply(service);
      next.insert(services_.extract(known));
    } else {
      next.emplace(service.name, std::make_unique<ServiceMonitor>(context_, registry_.service(service.name), service));
    }
  }
  services_ = std::move(next);
  look();
}

void HealthMonitor::look() {
  for (auto& backend : registry_.backends()) {
    const auto service = services_.find(backend->service);
    if (service == services_.end() || backend->members.load(std::memory_order_relaxed) == 0) continue;
    service->second->add(std::move(backend));
  }
  for (const auto& [name, service] : services_) service->look();
}

void HealthMonitor::stop() {
  services_.clear();
}

template <class Order>
std::size_t HealthMonitor::forEachNamed(std::string_view service, std::string_view backend, Order order) {
  const auto known = services_.find(service);
  if (known == services_.end()) return 0;
  std::size_t count = 0;
  for (const auto& [address, monitor] : known->second->backends()) {
    if (!monitor->shared().isCalled(backend) && address.toString() != backend) continue;
    order(*monitor);
    ++count;
  }
  return count;
}

std::size_t HealthMonitor::drain(std::string_view service, std::string_view backend) {
  return forEachNamed(service, backend, [](BackendMonitor& monitor) { monitor.drain(); });
}

std::size_t HealthMonitor::enable(std::string_view service, std::string_view backend) {
  return forEachNamed(service, backend, [](BackendMonitor& monitor) { monitor.enable(); });
}

std::size_t HealthMonitor::setWeight(std::string_view service, std::string_view backend,
                                     std::optional<std::uint32_t> weight) {
  return forEachNamed(service, backend, [&](BackendMonitor& monitor) { monitor.setWeight(weight); });
}

}  // namespace lb::monitor
