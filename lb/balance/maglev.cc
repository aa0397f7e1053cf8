// See maglev.h.
#include "lb/balance/maglev.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "lb/base/check.h"
#include "lb/base/hash.h"

namespace lb::balance {
namespace {

constexpr std::uint32_t kFree = std::numeric_limits<std::uint32_t>::max();
constexpr std::uint32_t kNobody = kFree;

// A host's own order of all places: it starts at one and goes on in steps.
struct Walk {
  std::uint64_t id;
  std::uint32_t index;  // in the caller's order
  std::uint32_t weight;
  std::uint64_t place;
  std::uint64_t step;
  std::uint64_t due = 0;  // takes part next in the round whose number times its weight reaches this
};

// Hosts by the round in which each takes part next: a round costs as much as the places taken in it, however many light
// hosts wait beside a heavy one.
class Calendar {
 public:
  Calendar(std::size_t hosts, std::uint32_t rounds) : first_(std::size_t{rounds} + 1, kNobody), next_(hosts, kNobody) {}

  void add(std::uint32_t host, std::uint64_t round) {
    if (round < first_.size()) next_[host] = std::exchange(first_[round], host);  // else it does not come to that
  }

  // In their order; until the next call.
  [[nodiscard]] const std::vector<std::uint32_t>& dueIn(std::uint64_t round) {
    due_.clear();
    for (std::uint32_t host = first_[round]; host != kNobody; host = next_[host]) due_.push_back(host);
    std::ranges::reverse(due_);  // of equal weights they were added in order
    if (!std::ranges::is_sorted(due_)) std::ranges::sort(due_);
    return due_;
  }

 private:
  std::vector<std::uint32_t> first_;  // of each round's list
  std::vector<std::uint32_t> next_;   // in it, of each host
  std::vector<std::uint32_t> due_;
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
  LB_CHECK(heaviest > 0);
  table_.assign(places, kFree);
  Calendar calendar(walks.size(), places);  // the heaviest takes part in every round: there are no more than places
  const auto plan = [&](std::uint32_t host) {
    Walk& walk = walks[host];
    walk.due += heaviest;
    calendar.add(host, (walk.due + walk.weight - 1) / walk.weight);
  };
  for (std::uint32_t host = 0; host < walks.size(); ++host) {
    if (walks[host].weight > 0) plan(host);
  }
  std::uint32_t taken = 0;
  for (std::uint64_t round = 1;; ++round) {
    for (const std::uint32_t host : calendar.dueIn(round)) {
      Walk& walk = walks[host];
      while (table_[walk.place] != kFree) walk.place = (walk.place + walk.step) % places;
      table_[walk.place] = walk.index;
      if (++taken == places) return;
      plan(host);
    }
  }
}

}  // namespace lb::balance
