// See two_choices.h.
#include "lb/balance/two_choices.h"

#include <algorithm>

#include "lb/balance/load.h"

namespace lb::balance {
namespace {

constexpr double kUnknown = 1000;  // seconds that whoever has not answered yet is expected to take

// Beside another one. Of whom nothing was seen for long, it is not known whether the requests on it wait or were
// answered long ago, as tunnels are: it is taken to be as fast as the other.
double cost(const Candidate& one, const Candidate& other, MonoTime now) {
  const Load load(one);
  const double waiting = static_cast<double>(load.requests) * kWeightUnit / load.weight;
  if (one.latency->fresh(now)) return one.latency->seconds(now) * (waiting + 1);
  if (waiting > 0 && one.latency->known() && other.latency->fresh(now))
    return other.latency->seconds(now) * (waiting + 1);
  return waiting * kUnknown;
}

}  // namespace

bool TwoChoices::better(const Candidate& a, const Candidate& b, MonoTime now) const {
  if (by_ == By::Requests) return Load(a) < Load(b);
  return cost(a, b, now) < cost(b, a, now);
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
