// See two_choices.h.
#include "lb/balance/two_choices.h"

#include <algorithm>

#include "lb/balance/load.h"

namespace lb::balance {
namespace {

constexpr double kUnknown = 1000;  // seconds that whoever has not answered yet is expected to take

double cost(const Candidate& one, MonoTime now) {
  const Load load(one);
  const double waiting = static_cast<double>(load.requests) * kWeightUnit / load.weight;
  if (one.latency->known()) return one.latency->seconds(now) * (waiting + 1);
  return waiting * kUnknown;
}

}  // namespace

bool TwoChoices::better(const Candidate& a, const Candidate& b, MonoTime now) const {
  if (by_ == By::Requests) return Load(a) < Load(b);
  return cost(a, now) < cost(b, now);
}

std::size_t TwoChoices::pick(const Candidates& candidates, const Ask& ask) {
  const std::size_t first = lottery_.draw(candidates, ask.without);
  if (candidates.all.size() == ask.without.size() + 1) return first;
  without_.assign(ask.without.begin(), ask.without.end());
  without_.insert(std::ranges::upper_bound(without_, first), first);
  const std::size_t second = lottery_.draw(candidates, without_);
  return better(*candidates.all[second], *candidates.all[first], ask.now) ? second : first;
}

}  // namespace lb::balance
