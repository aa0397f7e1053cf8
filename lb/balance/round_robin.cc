// See round_robin.h.
#include "lb/balance/round_robin.h"

#include <algorithm>
#include <array>
#include <numeric>

namespace lb::balance {
namespace {

__extension__ using Wide = unsigned __int128;

constexpr std::uint64_t kTurn = std::uint64_t{1} << 32;  // from one turn of a backend to its next

}  // namespace

std::size_t RoundRobin::pick(const Candidates& candidates, const Ask& ask) {
  prepare(candidates);
  if (!heap_.empty()) return pickWeighted(ask.without);
  for (;;) {
    const std::size_t index = next_++ % candidates.all.size();
    if (!isIn(ask.without, index)) return index;
  }
}

void RoundRobin::prepare(const Candidates& candidates) {
  if (version_ == candidates.version) return;
  const bool was_weighted = !heap_.empty();
  heap_.clear();
  all_ = candidates.all;
  std::uint32_t divisor = 0;
  for (const Candidate* one : all_) divisor = std::gcd(divisor, one->weight);
  const bool equal = std::ranges::all_of(all_, [&](const Candidate* one) { return one->weight == divisor; });
  if (!equal) {
    round_ = picked_ = 0;
    for (std::size_t i = 0; i < all_.size(); ++i) {
      if (!was_weighted || all_[i]->turn_version != version_) all_[i]->turn_weight = 0;  // it has not been in line
      enlist(*all_[i], all_[i]->weight / divisor);
      all_[i]->turn_version = candidates.version;
      round_ += all_[i]->turn_weight;
      heap_.push_back(i);
    }
    for (std::size_t place = heap_.size() / 2; place-- > 0;) sink(place);
    now_turn_ = 0;
    now_weight_ = 1;
  }
  version_ = candidates.version;
}

// Puts its turn in relation to a now of zero.
void RoundRobin::enlist(Candidate& one, std::uint32_t weight) {
  if (one.turn_weight == 0) {
    one.turn = random_.next() % kTurn;
  } else {
    const auto passed = static_cast<std::uint64_t>(Wide{now_turn_} * one.turn_weight / now_weight_);
    one.turn = one.turn > passed ? std::min(one.turn - passed, kTurn) : 0;
  }
  one.turn_weight = weight;
}

bool RoundRobin::earlier(std::size_t a, std::size_t b) const {
  const Candidate& one = *all_[a];
  const Candidate& other = *all_[b];
  const Wide left = Wide{one.turn} * other.turn_weight;
  const Wide right = Wide{other.turn} * one.turn_weight;
  return left != right ? left < right : a < b;
}

void RoundRobin::sink(std::size_t place) {
  for (;;) {
    std::size_t least = place;
    for (const std::size_t child : {2 * place + 1, 2 * place + 2}) {
      if (child < heap_.size() && earlier(heap_[child], heap_[least])) least = child;
    }
    if (least == place) return;
    std::swap(heap_[place], heap_[least]);
    place = least;
  }
}

// The first in line has had its turn.
void RoundRobin::take() {
  Candidate& first = *all_[heap_.front()];
  now_turn_ = first.turn;
  now_weight_ = first.turn_weight;
  first.turn += kTurn;
  sink(0);
  if (++picked_ < round_) return;
  // A round is over: everybody's turns count from its end, so that numbers stay small.
  picked_ = 0;
  for (Candidate* one : all_) one->turn -= std::min(one->turn, one->turn_weight * kTurn);
  now_turn_ -= std::min(now_turn_, now_weight_ * kTurn);
}

// Who is not wanted is passed over, which is its turn all the same.
std::size_t RoundRobin::pickWeighted(Without without) {
  for (;;) {
    const std::size_t index = heap_.front();
    take();
    if (!isIn(without, index)) return index;
  }
}

}  // namespace lb::balance
