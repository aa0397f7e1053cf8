// See draw_faults.h.
#include "sim/plan/draw_faults.h"

#include <algorithm>
#include <array>

#include "sim/plan/draw.h"
#include "sim/plan/validate.h"

namespace sim::plan {
namespace {

using namespace std::chrono_literals;

// Nothing arrives there, nothing comes from there, and what was there is gone when it comes back: neither a FIN nor a
// reset said so.
void cutPower(Scenario& scenario, Prng random) {
  if (!switchOn(scenario, random, "power_cut", {1, 6})) return;
  for (std::uint64_t i = random.between(1, 2); i > 0; --i) {
    Fault fault{.kind = FaultKind::Stall, .at = upTo(random, 8s)};
    fault.length = oneOf<Duration>(random, {100ms, 1s, 10s, 1h});
    fault.who = anyBackend(scenario, random);
    scenario.faults.push_back(fault);
    fault.kind = FaultKind::Kill;
    fault.at += 1us;  // so that nothing is said any more
    scenario.faults.push_back(fault);
  }
}

// Where the end is the end of the connection, a reset cuts the answer; and be follows its own rules.
void resetBehind(Scenario& scenario, Prng random) {
  if (!switchOn(scenario, random, "reset_after", {1, 6})) return;
  for (Client& client : scenario.clients) {
    for (Request& request : client.requests) {
      Answer& answer = request.answer;
      const bool whole = answer.fault == AnswerFault::None && answer.status != 101;
      if (!whole || !random.chance({1, 4})) continue;
      answer.fault = AnswerFault::ResetAfter;
      if (!canShow(request)) answer.fault = AnswerFault::None;
    }
  }
}

void count(Scenario& scenario, Prng random) {
  constexpr std::array kKinds{FaultKind::Kill,  FaultKind::Stall, FaultKind::StallTo,   FaultKind::StallFrom,
                              FaultKind::Pause, FaultKind::Slow,  FaultKind::Refuse,    FaultKind::BlackHole,
                              FaultKind::Loss,  FaultKind::Sick,  FaultKind::CheckSick, FaultKind::HangUp};
  if (!switchOn(scenario, random, "counted", {1, 6})) return;
  std::uint64_t requests = 0;
  for (const Client& client : scenario.clients) requests += client.requests.size();
  for (std::uint64_t i = random.between(1, 3); i > 0; --i) {
    Fault fault{.kind = kKinds[random.below(kKinds.size())], .who = anyBackend(scenario, random)};
    fault.length = upTo(random, oneOf<Duration>(random, {10ms, 1s, 10s}));
    if (fault.kind == FaultKind::Pause) {
      fault.length = std::min<Duration>(fault.length, 1s);
      if (random.chance({1, 2})) fault.who = kProxySide;
    }
    fault.trigger = Trigger::Count;
    fault.request = random.between(1, requests);
    scenario.faults.push_back(fault);
  }
}

// By a system that keeps no half-open connections, or a middle that loses them.
void cutHandshakes(Scenario& scenario, Prng random) {
  if (!switchOn(scenario, random, "cut_handshake", {1, 6})) return;
  for (std::uint64_t i = random.between(1, 3); i > 0; --i) {
    Fault fault{.kind = FaultKind::CutHandshake, .at = upTo(random, 8s)};
    fault.length = upTo(random, oneOf<Duration>(random, {100ms, 1s, 10s}));
    fault.who = anyBackend(scenario, random);
    scenario.faults.push_back(fault);
  }
}

void chooseWorkers(Scenario& scenario, Prng random) {
  const std::uint32_t workers = scenario.config.threads;
  if (workers < 2 || !random.chance({1, 2})) return;
  bool others = false;
  for (Fault& fault : scenario.faults) {
    if (fault.kind != FaultKind::Pause || fault.who != kProxySide) continue;
    fault.worker = static_cast<std::uint32_t>(random.below(workers));
    others |= fault.worker > 0;
  }
  if (others) scenario.families.emplace_back("any_worker");
}

// What is under way when all is well again arrives as late as it would have: not more than a few seconds later.
void chooseRates(Scenario& scenario, Prng random) {
  constexpr std::array<std::uint64_t, 5> kRates{5000, 20'000, 20'000, 200'000, 2'000'000};
  constexpr Duration kDrainsMax = 4s;
  const auto least = scenario.network.window / static_cast<std::uint64_t>(kDrainsMax / 1s);
  for (Fault& fault : scenario.faults) {
    if (fault.kind == FaultKind::Slow) fault.rate = std::max(kRates[random.below(kRates.size())], least);
  }
}

}  // namespace

void drawFaults(Scenario& scenario) {
  const Chance chance(scenario.seed);
  if (!scenario.calm_only) {
    cutPower(scenario, chance.stream("scenario power cuts"));
    resetBehind(scenario, chance.stream("scenario resets"));
    count(scenario, chance.stream("scenario counts"));
    cutHandshakes(scenario, chance.stream("scenario handshakes"));
  }
  chooseRates(scenario, chance.stream("scenario rates"));
  chooseWorkers(scenario, chance.stream("scenario workers"));
}

}  // namespace sim::plan
