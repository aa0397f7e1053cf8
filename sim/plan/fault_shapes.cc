// See fault_shapes.h.
#include "sim/plan/fault_shapes.h"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "sim/plan/draw.h"
namespace sim::plan {
namespace {

using namespace std::chrono_literals;

std::vector<int> allSides(const Scenario& scenario) {
  std::vector<int> sides{kClientsSide};
  for (std::size_t i = 0; i < scenario.backends.size(); ++i) sides.push_back(static_cast<int>(i));
  return sides;
}

void shuffle(std::vector<int>& sides, Prng& random) {
  for (std::size_t i = sides.size(); i > 1; --i) std::swap(sides[i - 1], sides[random.below(i)]);
}

// One after the other stalls; when all do, one after the other comes back.
void swizzle(Scenario& scenario, Prng& random) {
  std::vector<int> sides = allSides(scenario);
  shuffle(sides, random);
  if (sides.size() > 2 && random.chance({1, 2})) sides.pop_back();
  const Duration step = upTo(random, random.chance({1, 2}) ? 20ms : 1s) + 1us;
  Duration now = upTo(random, 5s);
  std::vector<Fault> stalls;
  for (const int side : sides) stalls.push_back({.kind = FaultKind::Stall, .at = now += step, .who = side});
  shuffle(sides, random);
  for (const int side : sides) {
    now += step;
    for (Fault& stall : stalls) {
      if (stall.who == side) stall.length = now - stall.at;
    }
  }
  scenario.faults.insert(scenario.faults.end(), stalls.begin(), stalls.end());
}

void isolate(Scenario& scenario, Prng& random) {
  const Duration at = upTo(random, 8s);
  const Duration length = upTo(random, random.chance({1, 2}) ? 50ms : 3s);
  for (const int side : allSides(scenario))
    scenario.faults.push_back({.kind = FaultKind::Stall, .at = at, .length = length, .who = side});
}

void awaitBytes(Scenario& scenario, Prng& random) {
  constexpr std::array kKinds{FaultKind::Kill,  FaultKind::Stall, FaultKind::StallTo, FaultKind::StallFrom,
                              FaultKind::Pause, FaultKind::Slow,  FaultKind::Refuse,  FaultKind::BlackHole};
  const Client& client = scenario.clients[random.below(scenario.clients.size())];
  const Request& request = client.requests[random.below(client.requests.size())];
  Fault fault{.kind = kKinds[random.below(kKinds.size())]};
  fault.length = upTo(random, random.chance({1, 2}) ? 10ms : 1s);
  fault.who = static_cast<int>(random.below(scenario.backends.size()));
  fault.trigger = request.bytes > 0 && random.chance({1, 2}) ? Trigger::Request : Trigger::Answer;
  fault.request = request.id;
  const std::uint32_t bytes = fault.trigger == Trigger::Request ? request.bytes : request.answer.bytes;
  fault.byte = random.chance({1, 3}) ? 0 : static_cast<std::uint32_t>(random.between(0, bytes));
  scenario.faults.push_back(fault);
}

// The proxy stands still while an answer arrives that nobody asked for, and then the next question: it finds both in
// the same turn. What it must not do is to take the one for the answer to the other.
void hideStrayAnswers(Scenario& scenario, Prng& random) {
  for (Client& client : scenario.clients) {
    for (std::size_t i = 0; i + 1 < client.requests.size(); ++i) {
      Answer& stray = client.requests[i].answer;
      if (stray.fault != AnswerFault::IdleAnswer || !random.chance({1, 2})) continue;
      stray.gap = std::min<Duration>(stray.gap, 20ms);
      if (client.requests[i].service >= 0) client.requests[i + 1].service = client.requests[i].service;
      Duration& think = client.requests[i + 1].think;
      think = stray.gap + 4 * (scenario.network.latency + scenario.network.jitter) + 1ms;
      scenario.faults.push_back({.kind = FaultKind::Pause,
                                 .length = think + 2 * scenario.network.latency + upTo(random, 10ms),
                                 .who = kProxySide,
                                 .trigger = Trigger::Answer,
                                 .request = client.requests[i].id});
    }
  }
}

}  // namespace

void addOutage(Scenario& scenario, Prng& random) {
  const int spared = static_cast<int>(random.below(scenario.backends.size()));
  const Duration length = oneOf<Duration>(random, {1s, 10s, 1h});
  for (int who = 0; who < static_cast<int>(scenario.backends.size()); ++who) {
    if (who != spared) scenario.faults.push_back({.kind = FaultKind::Refuse, .at = {}, .length = length, .who = who});
  }
}

// Whatever comes meanwhile is there all at once when the worker goes on.
void addHiccups(Scenario& scenario, Prng& random) {
  for (int i = 0; i < 12; ++i)
    scenario.faults.push_back(
        {.kind = FaultKind::Pause, .at = upTo(random, 6s), .length = upTo(random, 300ms), .who = kProxySide});
}

void shapeFaults(Scenario& scenario, Prng& random) {
  if (scenario.has("swizzle")) swizzle(scenario, random);
  if (scenario.has("isolation")) isolate(scenario, random);
  if (scenario.has("idle_answer")) hideStrayAnswers(scenario, random);
  if (!scenario.has("trigger")) return;
  for (std::uint64_t i = random.between(1, 4); i > 0; --i) awaitBytes(scenario, random);
}

}  // namespace sim::plan
