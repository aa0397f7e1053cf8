// See pick_experiment.h.
#include "sim/validate/pick_experiment.h"

#include <fmt/format.h>

#include "lb/balance/two_choices.h"
#include "sim/validate/lab.h"
#include "sim/validate/picks.h"
#include "sim/validate/statistics.h"

namespace sim::validate {
namespace {

using namespace std::chrono_literals;
using lb::config::Balance;

constexpr std::uint32_t kFleet = 10;
constexpr std::uint32_t kDown = 3;  // of the fleet

// Of requests to a fleet in which some do not listen: the counts of the others.
std::vector<std::uint64_t> countsBesideTheDown(Lab& lab) {
  std::vector<std::uint64_t> counts(kFleet - kDown);
  lab.run([&](const model::Outcome& outcome) {
    if (outcome.backend >= static_cast<int>(kDown)) ++counts[static_cast<std::size_t>(outcome.backend) - kDown];
  });
  return counts;
}

// The ordered pairs that two choices draw. One pick does not show its pair, but the same draws do in three fleets:
// where loads rise from host to host the pick is the pair's first in the order of hosts, where they fall its last, and
// where nobody has anything to do it is whoever was drawn first.
Verdict pairsOfTwoChoices(std::uint32_t servers, std::uint64_t picks, const Options& options) {
  using lb::balance::TwoChoices;
  struct Rig {
    Rig(std::uint32_t hosts, std::uint64_t seed) : fleet(std::vector<std::uint64_t>(hosts)), chance(seed) {}
    Fleet fleet;
    Prng chance;
    TwoChoices policy{chance, TwoChoices::By::Requests};
    std::size_t pick() { return fleet.pick(policy); }
  };
  Rig rising(servers, options.seed);
  Rig falling(servers, options.seed);
  Rig idle(servers, options.seed);
  for (std::uint32_t i = 0; i < servers; ++i) {
    rising.fleet.inflight(i) = i;
    falling.fleet.inflight(i) = servers - i;
  }
  std::vector<std::uint64_t> counts(std::size_t{servers} * (servers - 1));
  std::string spoilt;
  for (std::uint64_t i = 0; i < picks; ++i) {
    const std::size_t low = rising.pick();
    const std::size_t high = falling.pick();
    const std::size_t first = idle.pick();
    if (low >= high || (first != low && first != high)) {
      spoilt = fmt::format("a pair of {} and {}, {} first", low, high, first);
      break;
    }
    const std::size_t second = low + high - first;
    ++counts[first * (servers - 1) + second - (second > first ? 1 : 0)];
  }
  Verdict verdict =
      chiSquareVerdict(fmt::format("two choices over {}: pairs drawn", servers), chiSquare(counts), counts.size());
  verdict.spoilt = std::move(spoilt);
  verdict.requests = picks;
  return verdict;
}

}  // namespace

std::vector<Verdict> randomPicks(const Options& options) {
  std::vector<Verdict> verdicts;
  const auto picks = static_cast<std::uint64_t>((options.full ? 1'000'000 : 100'000) * options.time);
  for (const std::uint32_t servers : {10U, 100U}) {
    Lab lab(oneByOne(Balance::Random, servers, picks, options));
    std::vector<std::uint64_t> counts(servers);
    std::vector<std::uint64_t> pairs(servers == 10 ? 100 : 0);
    std::size_t before = 0;
    lab.run([&](const model::Outcome& outcome) {
      if (outcome.backend < 0) return;
      const auto pick = static_cast<std::size_t>(outcome.backend);
      ++counts[pick];
      if (!pairs.empty() && outcome.id % 2 == 0) ++pairs[before * servers + pick];
      before = pick;
    });
    verdicts.push_back(
        ofLab(chiSquareVerdict(fmt::format("random over {}: picks", servers), chiSquare(counts), counts.size()), lab));
    if (!pairs.empty())
      verdicts.push_back(
          ofLab(chiSquareVerdict("random over 10: pairs in a row", chiSquare(pairs), pairs.size()), lab));
  }
  return verdicts;
}

std::vector<Verdict> roundRobinPicks(const Options& options) {
  constexpr std::uint32_t kServers = 7;
  const auto picks = static_cast<std::uint64_t>(7000 * options.time);
  Lab lab(oneByOne(Balance::RoundRobin, kServers, picks, options));
  int expected = -1;
  std::uint64_t wrong = 0;
  lab.run([&](const model::Outcome& outcome) {
    if (expected >= 0 && outcome.backend != expected) ++wrong;
    expected = (outcome.backend + 1) % static_cast<int>(kServers);
  });
  return {{.id = "PICK",
           .what = "round robin over 7: in turn",
           .figure = "out of turn",
           .measured = static_cast<double>(wrong),
           .spoilt = lab.spoilt(),
           .requests = lab.requests()}};
}

std::vector<Verdict> pairsDrawn(const Options& options) {
  const double times = options.time * (options.full ? 10 : 1);
  return {pairsOfTwoChoices(10, static_cast<std::uint64_t>(100'000 * times), options),
          pairsOfTwoChoices(100, static_cast<std::uint64_t>(1'000'000 * times), options)};
}

std::vector<Verdict> picksBesideTheDown(const Options& options) {
  const auto picks = static_cast<std::uint64_t>((options.full ? 1'000'000 : 50'000) * options.time);
  struct Row {
    const char* name;
    Balance balance;
    bool known;  // by checks; otherwise each such pick costs an attempt, and the next one is among the others
  };
  std::vector<Verdict> verdicts;
  for (const Row& row :
       {Row{"random", Balance::Random, true}, Row{"two choices", Balance::P2c, true},
        Row{"least requests", Balance::LeastRequest, true}, Row{"random", Balance::Random, false},
        Row{"two choices", Balance::P2c, false}, Row{"least requests", Balance::LeastRequest, false}}) {
    LabPlan plan = oneByOne(row.balance, kFleet, picks, options);
    plan.down = kDown;
    if (row.known) {  // and without retries a pick of one that is down spoils the experiment
      plan.settle = 1s;
      plan.service.health_check = {
          .enabled = true, .kind = lb::config::CheckKind::Tcp, .interval = 60s, .down_interval = 60s};
    }
    plan.service.retry.attempts = row.known ? 0 : kDown;
    Lab lab(plan);
    const std::vector<std::uint64_t> counts = countsBesideTheDown(lab);
    verdicts.push_back(ofLab(
        chiSquareVerdict(fmt::format("{}, 3 of 10 {}", row.name, row.known ? "known to be down" : "fail, and a retry"),
                         chiSquare(counts), counts.size()),
        lab));
  }
  return verdicts;
}

std::vector<Verdict> littlesLaw(const Options& options) {
  constexpr double kOff = 1e-9;
  constexpr double kOverheadMax = 0.001;
  LabPlan plan{.servers = 5,
               .station = {.slots = 2, .service = model::Distribution::bimodal(kUnit, 16)},
               .arrivals = {.rate = {{0s, 70}, {60s, 110}, {120s, 30}}, .bursts = {{30s, 200}, {90s, 500}}},
               .requests = static_cast<std::uint64_t>((options.full ? 200'000 : 20'000) * options.time),
               .seed = options.seed};
  Lab lab(plan);
  lab.run([](const model::Outcome&) {});
  const auto verdict = [&](const char* what, const char* figure, double measured, double high) {
    return Verdict{.id = "V11",
                   .what = what,
                   .figure = figure,
                   .measured = measured,
                   .low = -high,
                   .high = high,
                   .spoilt = lab.spoilt(),
                   .requests = lab.requests()};
  };
  return {verdict("Little's law at the client", "relative gap", lab.offLittleAtClient(), kOff),
          verdict("Little's law at the stations", "relative gap", lab.offLittleAtStations(), kOff),
          verdict("a request outside the stations", "mean time", lab.overhead(), kOverheadMax)};
}

}  // namespace sim::validate
