// See draw_network.h.
#include "sim/plan/draw_network.h"

#include <algorithm>

#include "sim/plan/draw.h"

namespace sim::plan {
namespace {

using namespace std::chrono_literals;

void drawLoss(Scenario& scenario, Prng random) {
  if (!switchOn(scenario, random, "loss", {1, 5})) return;
  for (std::uint64_t i = random.between(1, 3); i > 0; --i) {
    Fault fault{.kind = FaultKind::Loss, .at = upTo(random, 8s)};
    fault.length = upTo(random, oneOf<Duration>(random, {100ms, 1s, 10s}));
    fault.who = random.chance({1, 3}) ? kClientsSide : anyBackend(scenario, random);
    scenario.faults.push_back(fault);
  }
}

// The shortest time that anything on that way has while all is well.
Duration leastTime(const Scenario& scenario, int who) {
  const auto& clients = scenario.config.timeouts;
  Duration least = std::min(
      {clients.request_header, clients.request_body_idle, clients.client_idle, clients.response_idle, Duration(1h)});
  for (const lb::config::Service& service : scenario.config.services) {
    const auto& timeouts = service.timeouts;
    least = std::min({least, timeouts.connect, timeouts.response_header, timeouts.response_idle});
    if (timeouts.total > 0s) least = std::min(least, timeouts.total);
  }
  if (scenario.has("reload_timeouts")) least = std::min(least, kReloadedHeaderTime);
  // What closes idle connections meets requests that are on their way already.
  if (who >= 0 && scenario.backends[static_cast<std::size_t>(who)].idle_close > 0s)
    least = std::min(least, scenario.backends[static_cast<std::size_t>(who)].idle_close);
  return least;
}

constexpr std::size_t kTinyWindow = 2000;

// It stays in the calm, where everything has to work: connecting, asking and being answered take several ways, and the
// census does so two hundred times. Where there is no calm, it may take longer than any timeout.
void drawFar(Scenario& scenario, Prng random) {
  const bool minds = std::ranges::any_of(scenario.config.services,
                                         [](const auto& service) { return service.outlier.latency_factor > 0; });
  if (!random.chance(minds ? Ratio{3, 5} : Ratio{1, 5})) return;
  const int who = random.chance({1, 4}) ? kClientsSide : anyBackend(scenario, random);
  Duration more = oneOf<Duration>(random, {3ms, 20ms, 150ms});
  if (!scenario.drain_in_storm) {
    if (scenario.census > 0) more = std::min<Duration>(more, 20ms);
    more = std::min<Duration>(more, leastTime(scenario, who) / 20);
  }
  // One window for each round trip: megabytes would take longer than any deadline.
  if (scenario.has("huge") && scenario.network.window <= kTinyWindow) more = std::min<Duration>(more, 3ms);
  if (more < 1ms) return;
  scenario.families.emplace_back("far");
  scenario.faults.push_back({.kind = FaultKind::Far, .who = who, .more = more});
}

void drawSlowNames(Scenario& scenario, Prng random) {
  if (!scenario.has("names") || scenario.has("renames") || !switchOn(scenario, random, "slow_dns", {1, 3})) return;
  for (std::uint64_t i = random.between(1, 3); i > 0; --i) {
    Fault fault{.kind = FaultKind::DnsSlow, .at = upTo(random, 8s)};
    if (random.chance({1, 3})) fault.at = {};  // lb starts with it
    fault.length = oneOf<Duration>(random, {1s, 10s, 1h});
    fault.who = anyBackend(scenario, random);
    fault.more = oneOf<Duration>(random, {50ms, 900ms, 4s, 29s, 40s});
    scenario.faults.push_back(fault);
  }
}

}  // namespace

void drawNetwork(Scenario& scenario) {
  if (scenario.calm_only) return;
  const Chance chance(scenario.seed);
  drawLoss(scenario, chance.stream("scenario loss"));
  drawFar(scenario, chance.stream("scenario far"));
  drawSlowNames(scenario, chance.stream("scenario slow names"));
}

}  // namespace sim::plan
