// See hash_experiment.h.
#include "sim/validate/hash_experiment.h"

#include <fmt/format.h>

#include <algorithm>

#include "lb/balance/maglev.h"
#include "sim/validate/picks.h"

namespace sim::validate {
namespace {

using lb::balance::Maglev;
using lb::balance::MaglevHost;

std::vector<MaglevHost> hashHosts(std::size_t from, std::size_t to) {
  std::vector<MaglevHost> hosts;
  for (const std::uint64_t id : hostIds(from, to)) hosts.push_back({id, 1});
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
