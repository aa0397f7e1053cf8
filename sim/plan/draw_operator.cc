// See draw_operator.h.
#include "sim/plan/draw_operator.h"

#include <array>

namespace sim::plan {
namespace {

using namespace std::chrono_literals;

Duration drawMoment(Prng& random) {
  constexpr auto kLast = static_cast<std::uint64_t>(Duration(10s).count());
  return Duration(static_cast<Duration::rep>(random.below(kLast)));
}

void drawListeners(Scenario& scenario) {
  Prng random = Chance(scenario.seed).stream("scenario listeners");
  if (!random.chance({1, 4})) return;
  scenario.families.emplace_back("listeners");
  scenario.config.listen.push_back({.address = kProxyIp, .port = kSecondPort, .place = {}});
  for (Client& client : scenario.clients) client.second_port = random.chance({1, 2});
}

// Of a client's connection, as its operator wants it.
void drawAge(Scenario& scenario) {
  Prng random = Chance(scenario.seed).stream("scenario age");
  if (!random.chance({1, 4})) return;
  constexpr std::array<Duration, 5> kAges{0ms, 1ms, 50ms, 1s, 5s};
  scenario.config.limits.max_connection_age = kAges[random.below(kAges.size())];
}

// In a storm it begins at any moment, and what is true before it ends is hard to tell.
void drawDelay(Scenario& scenario) {
  Prng random = Chance(scenario.seed).stream("scenario drain");
  if (scenario.drain_in_storm || !random.chance({1, 4})) return;
  constexpr std::array<Duration, 3> kDelays{50ms, 2s, 5s};
  scenario.config.drain.delay = kDelays[random.below(kDelays.size())];
}

void drawTouches(Scenario& scenario) {
  Prng random = Chance(scenario.seed).stream("scenario touches");
  if (!random.chance({1, 32})) return;  // each costs as much as a dozen requests
  scenario.families.emplace_back("touched");
  const std::uint64_t most = random.chance({1, 8}) ? 100 : 10;
  for (std::uint64_t i = random.between(1, most); i > 0; --i) scenario.touches.push_back(drawMoment(random));
}

// Where names fail it is not known when a host is found.
void drawRenames(Scenario& scenario) {
  Prng random = Chance(scenario.seed).stream("scenario renames");
  if (!scenario.has("reload") || scenario.has("dns") || !random.chance({1, 3})) return;
  scenario.families.emplace_back("renames");
}

// Whoever says Connection: close because nothing is pooled may pool again before the answer has come.
void drawPools(Scenario& scenario) {
  Prng random = Chance(scenario.seed).stream("scenario reloaded pools");
  if (!scenario.has("reload") || !random.chance({1, 3})) return;
  scenario.families.emplace_back("reload_pools");
  constexpr std::array<Duration, 2> kGaps{20ms, 200ms};
  for (std::uint64_t i = random.between(1, 4); i > 0; --i) {  // every other reload has them keep less
    scenario.reloads.push_back(drawMoment(random));
    scenario.reloads.push_back(scenario.reloads.back() + kGaps[random.below(kGaps.size())]);
  }
}

}  // namespace

void drawOperator(Scenario& scenario) {
  drawListeners(scenario);
  drawAge(scenario);
  drawDelay(scenario);
  drawTouches(scenario);
  drawRenames(scenario);
  drawPools(scenario);
  Prng random = Chance(scenario.seed).stream("scenario operator");
  if (scenario.has("reload")) {
    for (std::uint64_t i = random.between(1, 5); i > 0; --i) scenario.reloads.push_back(drawMoment(random));
  }
  if (!random.chance({1, 3})) return;
  scenario.families.emplace_back("control_plane");
  scenario.config.admin.enabled = true;
  scenario.config.admin.address = kProxyIp;
  scenario.config.admin.port = kAdminPort;
}

}  // namespace sim::plan
