// See share_experiment.h.
#include "sim/validate/share_experiment.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "sim/validate/lab.h"
#include "sim/validate/picks.h"

namespace sim::validate {
namespace {

using namespace std::chrono_literals;
using lb::config::Balance;

constexpr double kErrors = 4;

LabPlan byWeight(Balance balance, const std::vector<std::uint32_t>& weights, std::uint64_t requests,
                 const Options& options) {
  LabPlan plan = oneByOne(balance, static_cast<std::uint32_t>(weights.size()), requests, options);
  plan.weights = weights;
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
  Lab lab(byWeight(balance, weights, picks, options));
  std::vector<double> counts(weights.size());
  for (const std::size_t pick : picksOf(lab, picks)) counts[pick] += 1;
  const double all = std::accumulate(weights.begin(), weights.end(), 0.0);
  double statistic = 0;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    const double expected = static_cast<double>(picks) * weights[i] / all;
    statistic += (counts[i] - expected) * (counts[i] - expected) / expected;
  }
  return ofLab(chiSquareVerdict(what, statistic, weights.size()), lab);
}

// Rows of as many picks as the weights add up to, beginning anywhere, in which somebody had not exactly its weight.
Verdict exactTurns(const Options& options) {
  const std::vector<std::uint32_t> weights{5, 1, 1, 3};
  const std::uint64_t round = std::accumulate(weights.begin(), weights.end(), std::uint64_t{0});
  const auto requests = static_cast<std::uint64_t>(10'000 * options.time);
  Lab lab(byWeight(Balance::RoundRobin, weights, requests, options));
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
    LabPlan plan = oneByOne(Balance::Random, servers, kRequests, options);
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

}  // namespace sim::validate
