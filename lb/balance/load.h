// Comparing backends of different weights by what they have to do.
#pragma once

#include "lb/balance/candidate.h"

namespace lb::balance {

// Requests in flight for the weight. Less is better; it compares without a division. Those that have nothing to do are
// equal, whatever their weights: it is for whoever breaks the tie to go by those.
struct Load {
  std::uint64_t requests;
  std::uint32_t weight;

  explicit Load(const Candidate& one) : requests(one.inflight->load(std::memory_order_relaxed)), weight(one.weight) {}
  friend bool operator<(const Load& a, const Load& b) { return a.requests * b.weight < b.requests * a.weight; }
};

}  // namespace lb::balance
