// The backend with the fewest requests in flight for its weight, of all of them; ties are broken by a draw, by weight.
// It looks at every backend for every request.
#pragma once

#include <vector>

#include "lb/balance/load.h"
#include "lb/balance/policy.h"

namespace lb::balance {

class LeastRequest final : public Policy {
 public:
  explicit LeastRequest(Random& random) : random_(random) {}
  [[nodiscard]] std::size_t pick(const Candidates& candidates, const Ask& ask) override;

 private:
  Random& random_;
  std::vector<std::size_t> least_;  // scratch: those that have the least
};

}  // namespace lb::balance
