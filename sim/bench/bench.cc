// See bench.h.
#include "sim/bench/bench.h"

#include "lb/config/defaults.h"
#include "sim/validate/lab.h"

namespace sim::bench {

using namespace std::chrono_literals;

namespace {

constexpr std::uint32_t kBackends = 4;
constexpr std::uint32_t kBodyBytes = 100;

}  // namespace

plan::Scenario plainScenario(std::uint64_t seed) {
  plan::Scenario scenario;
  scenario.seed = seed;
  scenario.calm_only = true;
  scenario.backends.resize(kBackends);
  scenario.config = lb::config::defaultConfig();
  scenario.config.listen = {{.address = plan::kProxyIp, .port = plan::kProxyPort, .place = {}}};
  scenario.config.admin.enabled = false;
  scenario.config.threads = 1;
  scenario.config.limits.max_connections = 1000;
  scenario.config.access_log.format = lb::config::LogFormat::Json;  // whose lines the oracles read
  lb::config::Service service;
  service.name = "s0";
  service.domains = {plan::serviceHost(0)};
  for (std::uint32_t i = 0; i < kBackends; ++i) {
    service.hosts.push_back({.address = plan::backendIp(i), .port = plan::kBackendPort, .place = {}});
  }
  scenario.config.services = {service};
  std::uint64_t id = 0;
  for (std::uint64_t i = 0; i < kPlainClients; ++i) {
    plan::Client client;
    for (std::uint64_t j = 0; j < kPlainRequests; ++j) {
      plan::Request request;
      request.id = ++id;
      request.answer.bytes = kBodyBytes;
      client.requests.push_back(std::move(request));
    }
    scenario.clients.push_back(std::move(client));
  }
  return scenario;
}

std::string runLight(std::uint64_t seed, std::uint64_t requests) {
  validate::Lab lab({.servers = kBackends,
                     .station = {.slots = 8, .service = model::Distribution::constant(100us)},
                     .arrivals = {.rate = {{0s, 20'000}}},
                     .requests = requests,
                     .seed = seed});
  lab.run({});
  return lab.spoilt();
}

}  // namespace sim::bench
