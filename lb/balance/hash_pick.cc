// See hash_pick.h.
#include "lb/balance/hash_pick.h"

#include <algorithm>

#include "lb/base/hash.h"

namespace lb::balance {
namespace {

std::uint64_t requestsOn(const Candidate& one) {
  return one.inflight->load(std::memory_order_relaxed);
}

}  // namespace

// A table costs a millisecond or two, so a version that changes only what it does not depend on leaves it.
void HashPick::prepare(const Candidates& candidates) {
  if (version_ == candidates.version) return;
  version_ = candidates.version;
  const auto same = [](const Candidate* one, const MaglevHost& host) {
    return one->id == host.id && one->full_weight == host.weight;
  };
  if (std::ranges::equal(candidates.all, hosts_, same)) return;
  hosts_.clear();
  weights_ = 0;
  for (const Candidate* one : candidates.all) {
    hosts_.push_back({one->id, one->full_weight});
    weights_ += one->full_weight;
  }
  table_.build(hosts_);
}

std::size_t HashPick::pick(const Candidates& candidates, const Ask& ask) {
  if (!ask.key) return lottery_.draw(candidates, ask.without);
  prepare(candidates);
  std::uint64_t all = 1;  // with the one that is asked for
  if (max_load_percent_ > 0) {
    for (const Candidate* one : candidates.all) all += requestsOn(*one);
  }
  // One more than its share, rounded up, is too much.
  const auto full = [&](const Candidate& one) {
    if (max_load_percent_ == 0) return false;
    return requestsOn(one) * 100 * weights_ >= all * max_load_percent_ * one.full_weight;
  };
  std::uint64_t key = *ask.key;
  const std::size_t home = table_.at(key);
  const auto take = [&](std::size_t chosen) {
    if (ask.passed_on != nullptr) *ask.passed_on = chosen != home && !isIn(ask.without, home);
    return chosen;
  };
  for (int step = 0; step < kStepsMax; ++step) {
    const std::uint32_t index = table_.at(key);
    if (!isIn(ask.without, index) && !full(*candidates.all[index])) return take(index);
    key = mixed(key + 1);
  }
  return take(lottery_.draw(candidates, ask.without));
}

}  // namespace lb::balance
