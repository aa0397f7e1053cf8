// See least_request.h.
#include "lb/balance/least_request.h"

#include <optional>

#include "lb/base/random_util.h"

namespace lb::balance {

std::size_t LeastRequest::pick(const Candidates& candidates, const Ask& ask) {
  least_.clear();
  std::optional<Load> least;
  for (std::size_t i = 0; i < candidates.all.size(); ++i) {
    if (isIn(ask.without, i)) continue;
    const Load load(*candidates.all[i]);
    if (least && *least < load) continue;
    if (!least || load < *least) least_.clear();
    least = load;
    least_.push_back(i);
  }
  if (least_.size() == 1) return least_.front();
  std::uint64_t tickets = 0;
  for (const std::size_t index : least_) tickets += candidates.all[index]->weight;
  std::uint64_t ticket = below(random_, tickets);
  for (const std::size_t index : least_) {
    if (ticket < candidates.all[index]->weight) return index;
    ticket -= candidates.all[index]->weight;
  }
  return least_.back();
}

}  // namespace lb::balance
