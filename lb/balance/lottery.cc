// See lottery.h.
#include "lb/balance/lottery.h"

#include <algorithm>

#include "lb/base/random_util.h"

namespace lb::balance {

void Lottery::prepare(const Candidates& candidates) {
  if (version_ == candidates.version) return;
  version_ = candidates.version;
  begins_.clear();
  tickets_ = candidates.all.size();
  const std::uint32_t first = candidates.all.front()->weight;
  if (std::ranges::all_of(candidates.all, [&](const Candidate* one) { return one->weight == first; })) return;
  tickets_ = 0;
  for (const Candidate* one : candidates.all) {
    begins_.push_back(tickets_);
    tickets_ += one->weight;
  }
}

std::size_t Lottery::draw(const Candidates& candidates, Without without) {
  prepare(candidates);
  const auto begin = [&](std::size_t index) { return begins_.empty() ? index : begins_[index]; };
  const auto tickets = [&](std::size_t index) { return begins_.empty() ? 1 : candidates.all[index]->weight; };
  std::uint64_t left = tickets_;
  for (const std::size_t index : without) left -= tickets(index);
  std::uint64_t ticket = below(random_, left);
  for (const std::size_t index : without) {  // the tickets behind it move up
    if (ticket >= begin(index)) ticket += tickets(index);
  }
  if (begins_.empty()) return ticket;
  return static_cast<std::size_t>(std::ranges::upper_bound(begins_, ticket) - begins_.begin()) - 1;
}

}  // namespace lb::balance
