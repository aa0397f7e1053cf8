// See maglev.h.
#include "lb/balance/maglev.h"

#include <algorithm>
#include <limits>

#include "lb/base/check.h"
#include "lb/base/hash.h"

namespace lb::balance {
namespace {

constexpr std::uint32_t kFree = std::numeric_limits<std::uint32_t>::max();

// A host's own order of all places: it starts at one and goes on in steps.
struct Walk {
  std::uint64_t id;
  std::uint32_t index;  // in the caller's order
  std::uint32_t weight;
  std::uint64_t place;
  std::uint64_t step;
  std::uint64_t due = 0;  // takes part in a round once rounds times its weight reach this
};

std::vector<Walk> walksOf(std::span<const MaglevHost> hosts, std::uint32_t places) {
  std::vector<Walk> walks;
  for (std::size_t i = 0; i < hosts.size(); ++i) {
    const std::uint64_t id = hosts[i].id;
    walks.push_back({.id = id,
                     .index = static_cast<std::uint32_t>(i),
                     .weight = hosts[i].weight,
                     .place = mixed(id) % places,
                     .step = mixed(id ^ 0x9e3779b97f4a7c15U) % (places - 1) + 1});
  }
  std::ranges::stable_sort(walks, {}, &Walk::id);
  return walks;
}

}  // namespace

void Maglev::build(std::span<const MaglevHost> hosts) {
  LB_CHECK(!hosts.empty());
  const std::uint32_t places = hosts.size() * 100 > kPlaces ? kPlacesOfMany : kPlaces;
  std::vector<Walk> walks = walksOf(hosts, places);
  const std::uint32_t heaviest = std::ranges::max(walks, {}, &Walk::weight).weight;
  table_.assign(places, kFree);
  std::uint32_t taken = 0;
  for (std::uint64_t round = 1; taken < places; ++round) {
    for (Walk& walk : walks) {
      if (round * walk.weight < walk.due + heaviest) continue;
      walk.due += heaviest;
      while (table_[walk.place] != kFree) walk.place = (walk.place + walk.step) % places;
      table_[walk.place] = walk.index;
      if (++taken == places) return;
    }
  }
}

}  // namespace lb::balance
