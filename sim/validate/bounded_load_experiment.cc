// See bounded_load_experiment.h.
#include "sim/validate/bounded_load_experiment.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <span>

#include "lb/balance/hash_pick.h"
#include "lb/base/hash.h"
#include "sim/model/portable_math.h"
#include "sim/validate/lab.h"
#include "sim/validate/picks.h"
#include "sim/validate/statistics.h"
#include "sim/validate/theory.h"

namespace sim::validate {
namespace {

using namespace std::chrono_literals;
using lb::balance::HashPick;

constexpr double kErrors = 4;
constexpr double kRounding = 1e-9;
constexpr double kZipf = 1.1;  // the k-th key is asked for as often as 1 / k^1.1

// In whole numbers.
std::vector<std::uint32_t> zipf(std::size_t keys) {
  std::vector<std::uint32_t> weights;
  for (std::size_t k = 1; k <= keys; ++k)
    weights.push_back(static_cast<std::uint32_t>(std::lround(1e6 / model::power(static_cast<double>(k), kZipf))));
  return weights;
}

constexpr std::size_t kHosts = 100;
constexpr std::size_t kZipfKeys = 10'000;

// A fleet that takes keys under a bound and keeps them.
class BoundedFleet {
 public:
  BoundedFleet(std::size_t gone, std::uint32_t max_load_percent, lb::Random& random)
      : gone_(gone), fleet_(hostIds(gone, kHosts)), bounded_(random, max_load_percent), plain_(random, 0) {}

  struct Placed {
    std::vector<std::size_t> where;  // each key
    std::uint64_t most = 0;          // on one host
    std::uint64_t passed_on = 0;     // keys that are not where they would be without a bound
  };
  Placed place(const std::vector<std::uint64_t>& keys) {
    for (std::size_t i = 0; i < fleet_.size(); ++i) fleet_.inflight(i) = 0;
    Placed placed;
    for (const std::uint64_t key : keys) {
      const std::size_t host = fleet_.pick(bounded_, {.key = key});
      placed.passed_on += host != fleet_.pick(plain_, {.key = key}) ? 1 : 0;
      placed.most = std::max<std::uint64_t>(placed.most, ++fleet_.inflight(host));
      placed.where.push_back(host + gone_);
    }
    return placed;
  }

 private:
  std::size_t gone_;
  Fleet fleet_;
  HashPick bounded_;
  HashPick plain_;
};

// A figure of a separate model, in which the hosts of a key's walk are independent draws, and that model's own error.
struct Modelled {
  double value;
  double error;
};

struct BoundedRow {
  const char* name;
  std::uint32_t max_load_percent;
  std::size_t keys;
  bool zipf;
  Modelled most, passed_on, moved;
};

std::vector<std::uint64_t> keysOf(const BoundedRow& row, Prng& chance) {
  std::vector<std::uint64_t> keys;
  std::vector<std::uint64_t> ends;  // of each key's tickets
  if (row.zipf) {
    for (const std::uint32_t weight : zipf(kZipfKeys)) ends.push_back((ends.empty() ? 0 : ends.back()) + weight);
  }
  const std::uint64_t salt = chance.next();
  while (keys.size() < row.keys) {
    const std::uint64_t which =
        row.zipf ? static_cast<std::uint64_t>(std::ranges::upper_bound(ends, chance.below(ends.back())) - ends.begin())
                 : keys.size();
    keys.push_back(lb::mixed(salt + which));
  }
  return keys;
}

std::vector<Verdict> bounded(const BoundedRow& row, const Options& options) {
  Prng chance = Chance(options.seed).stream(row.name);
  BoundedFleet all(0, row.max_load_percent, chance);
  BoundedFleet one_less(1, row.max_load_percent, chance);
  std::array<double, Series::kBatches> most{};
  std::array<double, Series::kBatches> passed_on{};
  std::array<double, Series::kBatches> moved{};
  const auto count = static_cast<double>(row.keys);
  for (std::size_t round = 0; round < Series::kBatches; ++round) {
    const std::vector<std::uint64_t> keys = keysOf(row, chance);
    const BoundedFleet::Placed before = all.place(keys);
    const BoundedFleet::Placed after = one_less.place(keys);
    most[round] = static_cast<double>(before.most) / (count / kHosts);
    passed_on[round] = static_cast<double>(before.passed_on) / count;
    for (std::size_t i = 0; i < keys.size(); ++i) moved[round] += before.where[i] != after.where[i] ? 1 / count : 0;
  }
  const auto verdict = [&](const char* figure, Modelled expected, std::span<const double> rounds) {
    const Estimate found = fromBatches(rounds);
    const double gate = kErrors * std::hypot(found.error, expected.error) + kRounding;
    return Verdict{.id = "HASH",
                   .what = row.name,
                   .figure = figure,
                   .expected = expected.value,
                   .measured = found.value,
                   .error = found.error < kRounding ? 0 : found.error,
                   .low = expected.value - gate,
                   .high = expected.value + gate,
                   .requests = row.keys * Series::kBatches};
  };
  return {verdict("most / mean", row.most, most), verdict("passed on", row.passed_on, passed_on),
          verdict("1 goes: moved", row.moved, moved)};
}

}  // namespace

std::vector<Verdict> boundedLoads(const Options& options) {
  std::vector<Verdict> verdicts;
  for (const BoundedRow& row : {BoundedRow{.name = "10,000 keys on 100 hosts, max_load 110",
                                           .max_load_percent = 110,
                                           .keys = 10'000,
                                           .zipf = false,
                                           .most = {1.0999, 6e-5},
                                           .passed_on = {0.08452, 2.3e-4},
                                           .moved = {0.07766, 2.3e-4}},
                                BoundedRow{.name = "10,000 keys on 100 hosts, max_load 125",
                                           .max_load_percent = 125,
                                           .keys = 10'000,
                                           .zipf = false,
                                           .most = {1.2125, 1.4e-3},
                                           .passed_on = {0.02666, 1.2e-4},
                                           .moved = {0.02956, 1.4e-4}},
                                BoundedRow{.name = "20,000 by Zipf's law on 100, max_load 125",
                                           .max_load_percent = 125,
                                           .keys = 20'000,
                                           .zipf = true,
                                           .most = {1.25, 0},
                                           .passed_on = {0.46695, 1.4e-3},
                                           .moved = {0.39821, 1.4e-3}}}) {
    const std::vector<Verdict> more = bounded(row, options);
    verdicts.insert(verdicts.end(), more.begin(), more.end());
  }
  return verdicts;
}

// Requests take 1 and do not wait: what is offered to a backend is what it would have in flight. That of the hottest
// key loses what the bound keeps away, as Erlang B says of so many servers.
std::vector<Verdict> boundedLoadsInProxy(const Options& options) {
  constexpr std::uint32_t kServers = 10;
  constexpr double kOffered = 1000;  // together, in requests in flight
  constexpr double kTolerance = 0.015;
  constexpr std::uint64_t kWarmUp = 20'000;
  const std::vector<std::uint32_t> paths = zipf(1000);
  const auto requests = static_cast<std::uint64_t>((options.full ? 1'000'000 : 100'000) * options.time);
  LabPlan plan{.servers = kServers,
               .station = {.slots = 1'000'000, .service = model::Distribution::exponential(kUnit)},
               .arrivals = {.rate = {{0s, kOffered / std::chrono::duration<double>(kUnit).count()}}},
               .paths = paths,
               .requests = kWarmUp + requests,
               .seed = options.seed};
  plan.service.balance = lb::config::Balance::Hash;
  plan.service.hash = {.key = lb::config::KeySource::Path, .name = {}, .max_load_percent = 125};
  Lab lab(plan);
  std::array<std::uint64_t, kServers> before{};
  std::array<std::uint64_t, kServers> inside{};
  const auto snapshot = [&](std::array<std::uint64_t, kServers>& to) {
    for (std::uint32_t i = 0; i < kServers; ++i) to[i] = lab.insideNs(i);
  };
  std::uint64_t done = 0;
  lab.run([&](const model::Outcome&) {
    if (++done == kWarmUp) snapshot(before);
    if (done == requests) snapshot(inside);  // before the traffic ends
  });
  for (std::uint32_t i = 0; i < kServers; ++i) inside[i] -= before[i];
  const double all = std::accumulate(inside.begin(), inside.end(), 0.0);
  const double mean = kOffered / kServers;
  const double hottest = paths.front() / std::accumulate(paths.begin(), paths.end(), 0.0);
  const double wanted = hottest * kOffered + (1 - hottest) * mean;  // of the hottest key's backend
  const double expected = wanted * (1 - erlangB(static_cast<int>(1.25 * mean), wanted)) / mean;
  return {ofLab({.id = "HASH",
                 .what = "Zipf's law through the proxy, max_load 125",
                 .figure = "most / mean",
                 .expected = expected,
                 .measured = static_cast<double>(std::ranges::max(inside)) * kServers / all,
                 .low = expected * (1 - kTolerance),
                 .high = expected * (1 + kTolerance)},
                lab)};
}

}  // namespace sim::validate
