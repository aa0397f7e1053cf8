// See pick_experiment.h.
#include "sim/validate/pick_experiment.h"

#include <fmt/format.h>

#include <cmath>

#include "sim/validate/lab.h"
#include "sim/validate/statistics.h"
#include "sim/validate/theory.h"

namespace sim::validate {
namespace {

using namespace std::chrono_literals;
using lb::config::Balance;

LabPlan oneByOne(Balance balance, std::uint32_t servers, std::uint64_t requests, const Options& options) {
  LabPlan plan{.servers = servers,
               .station = {.service = model::Distribution::constant(100us)},
               .arrivals = {.kind = model::Arrivals::Kind::Regular, .rate = {{0s, 1000}}},
               .requests = requests,
               .seed = options.seed};
  plan.service.balance = balance;
  return plan;
}

// Statistics that follow a chi-square law: as bad as one in a million, and as good as one in a million, is too much.
// The lower bound finds picks that are too even to be random.
Verdict chiSquareVerdict(std::string what, const std::vector<std::uint64_t>& counts, const Lab& lab) {
  const int degrees = static_cast<int>(counts.size()) - 1;
  return {.id = "PICK",
          .what = std::move(what),
          .figure = "chi-square",
          .expected = static_cast<double>(degrees),
          .measured = chiSquare(counts),
          .error = std::sqrt(2.0 * degrees),
          .low = chiSquareBound(degrees, -kOneInAMillion),
          .high = chiSquareBound(degrees, kOneInAMillion),
          .spoilt = lab.spoilt(),
          .requests = lab.requests()};
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
    verdicts.push_back(chiSquareVerdict(fmt::format("random over {}: picks", servers), counts, lab));
    if (!pairs.empty()) verdicts.push_back(chiSquareVerdict("random over 10: pairs in a row", pairs, lab));
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
