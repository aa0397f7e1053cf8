// Independent picks, each backend with the probability of its weight: a Poisson share of Poisson traffic.
#pragma once

#include "lb/balance/lottery.h"
#include "lb/balance/policy.h"

namespace lb::balance {

class RandomPick final : public Policy {
 public:
  explicit RandomPick(Random& random) : lottery_(random) {}
  [[nodiscard]] std::size_t pick(const Candidates& candidates, const Ask& ask) override {
    return lottery_.draw(candidates, ask.without);
  }

 private:
  Lottery lottery_;
};

}  // namespace lb::balance
