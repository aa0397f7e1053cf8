// See share_experiment.h.
#include "sim/validate/share_experiment.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "lb/balance/maglev.h"
#include "lb/base/hash.h"
#include "sim/validate/lab.h"
#include "sim/validate/statistics.h"
#include "sim/validate/theory.h"

namespace sim::validate {
namespace {

using namespace std::chrono_literals;
using lb::balance::Maglev;
using lb::balance::MaglevHost;
using lb::config::Balance;

constexpr double kErrors = 4;

LabPlan oneByOne(Balance balance, std::vector<std::uint32_t> weights, std::uint64_t requests, const Options& options) {
  LabPlan plan{.servers = static_cast<std::uint32_t>(weights.size()),
               .weights = std::move(weights),
               .station = {.service = model::Distribution::constant(100us)},
               .arrivals = {.kind = model::Arrivals::Kind::Regular, .rate = {{0s, 1000}}},
               .requests = requests,
               .seed = options.seed};
  plan.service.balance = balance;
  return plan;
}

// The picks in their order.
std::vector<std::size_t> picksOf(Lab& lab, std::uint64_t requests) {
  std::vector<std::size_t> picks;
  picks.reserve(requests);
  lab.run([&](const model::Outcome& outcome) {
    if (outcome.backend >= 0) picks.push_back(static_cast<std::size_t>(outcome.backend));
  });
  return picks;
}

// As for equal shares: too even is as suspicious as too uneven.
Verdict drawnByWeight(const char* what, Balance balance, const Options& options) {
  const std::vector<std::uint32_t> weights{1, 2, 3, 4, 10};
  const auto picks = static_cast<std::uint64_t>((options.full ? 1'000'000 : 50'000) * options.time);
  Lab lab(oneByOne(balance, weights, picks, options));
  std::vector<double> counts(weights.size());
  for (const std::size_t pick : picksOf(lab, picks)) counts[pick] += 1;
  const double all = std::accumulate(weights.begin(), weights.end(), 0.0);
  double statistic = 0;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    const double expected = static_cast<double>(picks) * weights[i] / all;
    statistic += (counts[i] - expected) * (counts[i] - expected) / expected;
  }
  const int degrees = static_cast<int>(weights.size()) - 1;
  return {.id = "PICK",
          .what = what,
          .figure = "chi-square",
          .expected = static_cast<double>(degrees),
          .measured = statistic,
          .error = std::sqrt(2.0 * degrees),
          .low = chiSquareBound(degrees, -kOneInAMillion),
          .high = chiSquareBound(degrees, kOneInAMillion),
          .spoilt = lab.spoilt(),
          .requests = lab.requests()};
}

// Rows of as many picks as the weights add up to, beginning anywhere, in which somebody had not exactly its weight.
Verdict exactTurns(const Options& options) {
  const std::vector<std::uint32_t> weights{5, 1, 1, 3};
  const std::uint64_t round = std::accumulate(weights.begin(), weights.end(), std::uint64_t{0});
  const auto requests = static_cast<std::uint64_t>(10'000 * options.time);
  Lab lab(oneByOne(Balance::RoundRobin, weights, requests, options));
  const std::vector<std::size_t> picks = picksOf(lab, requests);
  std::vector<std::uint64_t> counts(weights.size());
  std::uint64_t wrong = 0;
  for (std::size_t i = 0; i < picks.size(); ++i) {
    ++counts[picks[i]];
    if (i >= round) --counts[picks[i - round]];
    if (i + 1 >= round && !std::ranges::equal(counts, weights)) ++wrong;
  }
  return {.id = "PICK",
          .what = "round robin by weights 5, 1, 1, 3",
          .figure = "wrong rows",
          .measured = static_cast<double>(wrong),
          .spoilt = lab.spoilt(),
          .requests = lab.requests()};
}

// The mean share of one that starts slowly among others that do not: the integral of w / (w + others) over the window,
// where w grows from the least to 1.
double slowShare(double others, double least) {
  const auto part = [&](double w) { return w - others * std::log(w + others); };
  return least * least / (least + others) + part(1) - part(least);
}

std::vector<MaglevHost> hashHosts(std::size_t from, std::size_t to) {
  std::vector<MaglevHost> hosts;
  for (std::size_t i = from; i < to; ++i)
    hosts.push_back({lb::fnv1a(fmt::format("10.1.{}.{}:80", i / 256, i % 256)), 1});
  return hosts;
}

double movedShare(std::size_t hosts, std::size_t gone) {
  Maglev before;
  before.build(hashHosts(0, hosts));
  Maglev after;
  after.build(hashHosts(gone, hosts));
  std::uint64_t moved = 0;
  for (std::uint64_t place = 0; place < before.places(); ++place)
    moved += before.at(place) != after.at(place) + gone ? 1 : 0;
  return static_cast<double>(moved) / static_cast<double>(before.places());
}

double mostOverMean(std::size_t hosts) {
  Maglev table;
  table.build(hashHosts(0, hosts));
  std::vector<std::uint64_t> counts(hosts);
  for (std::uint64_t place = 0; place < table.places(); ++place) ++counts[table.at(place)];
  return static_cast<double>(std::ranges::max(counts) * hosts) / static_cast<double>(table.places());
}

}  // namespace

std::vector<Verdict> weightedPicks(const Options& options) {
  return {drawnByWeight("random by weights 1, 2, 3, 4, 10", Balance::Random, options),
          drawnByWeight("least requests, idle, by the same", Balance::LeastRequest, options),
          drawnByWeight("two choices, idle, by the same", Balance::P2c, options), exactTurns(options)};
}

std::vector<Verdict> slowStartShare(const Options& options) {
  constexpr double kLeast = 0.1;
  constexpr double kSteps = 0.01;  // relative: the weight climbs in steps, each of which is late by half of one
  std::vector<Verdict> verdicts;
  for (const std::uint32_t servers : {2U, 10U}) {
    constexpr std::uint64_t kRequests = 60'000;  // a window of 60 s at 1000 a second
    LabPlan plan = oneByOne(Balance::Random, std::vector<std::uint32_t>(servers, 1), kRequests, options);
    plan.late = 1;
    plan.service.slow_start = {.window = 60s, .min_weight_percent = 10};
    Lab lab(plan);
    std::uint64_t late = 0;
    for (const std::size_t pick : picksOf(lab, kRequests)) late += pick + 1 == servers ? 1 : 0;
    const double expected = slowShare(servers - 1, kLeast);
    const double error = std::sqrt(expected * (1 - expected) / kRequests);
    const double gate = kErrors * error + kSteps * expected;
    verdicts.push_back({.id = "SLOW",
                        .what = fmt::format("the last of {} starts slowly", servers),
                        .figure = "its share",
                        .expected = expected,
                        .measured = static_cast<double>(late) / kRequests,
                        .error = error,
                        .low = expected - gate,
                        .high = expected + gate,
                        .spoilt = lab.spoilt(),
                        .requests = lab.requests()});
  }
  return verdicts;
}

std::vector<Verdict> hashTable(const Options&) {
  std::vector<Verdict> verdicts;
  const auto add = [&](std::string what, const char* figure, double expected, double measured, double gate) {
    verdicts.push_back({.id = "HASH",
                        .what = std::move(what),
                        .figure = figure,
                        .expected = expected,
                        .measured = measured,
                        .low = expected - gate,
                        .high = expected + gate});
  };
  struct Row {
    std::size_t hosts, gone;
    double moved;  // in the paper's measure: what has to move, and what moves besides
  };
  for (const Row& row : {Row{100, 1, 0.0159}, Row{100, 10, 0.1115}, Row{100, 20, 0.2113}, Row{1000, 1, 0.0042},
                         Row{1000, 100, 0.1105}, Row{1000, 200, 0.2109}}) {
    add(fmt::format("{} of {} hosts go", row.gone, row.hosts), "keys moved", row.moved, movedShare(row.hosts, row.gone),
        0.003);
  }
  for (const std::size_t hosts : {100U, 1000U})
    add(fmt::format("{} hosts", hosts), "most / mean", 1.001, mostOverMean(hosts), 0.001);
  return verdicts;
}

}  // namespace sim::validate
