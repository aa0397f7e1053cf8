// See parts.h.
#include "sim/plan/parts.h"

#include <algorithm>

namespace sim::plan {
namespace {

// Of the services that generate() makes.
std::string serviceName(std::size_t index) {
  return "s" + std::to_string(index);
}

}  // namespace

void removeService(Scenario& scenario, std::size_t index) {
  const int number = static_cast<int>(index);
  for (Client& client : scenario.clients) {
    std::erase_if(client.requests, [&](const Request& request) { return request.service == number; });
    for (Request& request : client.requests) request.service -= request.service > number ? 1 : 0;
  }
  std::erase_if(scenario.clients, [](const Client& client) { return client.requests.empty(); });
  auto& services = scenario.config.services;
  services.erase(services.begin() + number);
  // Requests find their service by its domain.
  for (std::size_t i = index; i < services.size(); ++i) {
    services[i].domains = {serviceHost(static_cast<int>(i))};
    if (services[i].name == serviceName(i + 1)) services[i].name = serviceName(i);
  }
}

void removeBackend(Scenario& scenario, std::size_t index) {
  const auto gone = static_cast<std::uint32_t>(index);
  const auto count = static_cast<std::uint32_t>(scenario.backends.size());
  for (lb::config::Service& service : scenario.config.services) {
    std::erase_if(service.hosts, [&](const auto& host) {
      return host.address == backendIp(gone) || host.address == backendName(gone);
    });
    for (lb::config::Host& host : service.hosts) {
      for (std::uint32_t i = gone + 1; i < count; ++i) {
        if (host.address == backendIp(i)) host.address = backendIp(i - 1);
        if (host.address == backendName(i)) host.address = backendName(i - 1);
      }
    }
  }
  const int number = static_cast<int>(index);
  std::erase_if(scenario.faults, [&](const Fault& fault) { return fault.who == number; });
  for (Fault& fault : scenario.faults) fault.who -= fault.who > number ? 1 : 0;
  scenario.backends.erase(scenario.backends.begin() + number);
}

}  // namespace sim::plan
