// What a scenario's numbers are called in its world.
#include "sim/plan/scenario.h"

#include <algorithm>
#include <deque>

namespace sim::plan {

bool Scenario::has(const std::string& family) const {
  return std::ranges::find(families, family) != families.end();
}

Duration farness(const Scenario& scenario, int who) {
  Duration more{};
  for (const Fault& fault : scenario.faults) {
    if (fault.kind == FaultKind::Far && fault.who == who) more = std::max(more, fault.more);
  }
  return more;
}

Duration longestWay(const Scenario& scenario, int who) {
  return scenario.network.latency + scenario.network.jitter + farness(scenario, who);
}

Duration farthest(const Scenario& scenario) {
  Duration more{};
  for (const Fault& fault : scenario.faults) {
    if (fault.kind == FaultKind::Far) more = std::max(more, fault.more);
  }
  return more;
}

Duration longestWay(const Scenario& scenario) {
  return scenario.network.latency + scenario.network.jitter + farthest(scenario);
}

Duration slowestWindow(const Scenario& scenario, const Client& client) {
  const Duration way = longestWay(scenario, kClientsSide);
  return (scenario.network.window / kSmallRead + 1) * client.pace + 8 * way + std::chrono::milliseconds(50);
}

std::string serviceHost(int service) {
  if (service < -1) return {};
  return service < 0 ? "nobody.test" : "s" + std::to_string(service) + ".test";
}

namespace {

struct BackendNames {
  std::string name, ip, address;
};

const BackendNames& namesOf(std::uint32_t number) {
  static std::deque<BackendNames> known;  // which does not move them
  while (known.size() <= number) {
    const std::string ip = "10.0.1." + std::to_string(known.size() + 1);
    known.push_back(
        {"b" + std::to_string(known.size()) + ".test", ip, ip + ":" + std::to_string(std::uint32_t{kBackendPort})});
  }
  return known[number];
}

}  // namespace

const std::string& backendName(std::uint32_t number) {
  return namesOf(number).name;
}

const std::string& backendIp(std::uint32_t number) {
  return namesOf(number).ip;
}

const std::string& backendAddress(std::uint32_t number) {
  return namesOf(number).address;
}

}  // namespace sim::plan
