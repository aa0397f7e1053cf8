// Draws a candidate with a probability in proportion to its weight: one draw, at once if all weights are equal, else by
// bisection. Allocates only when the candidates change.
#pragma once

#include <cstdint>
#include <vector>

#include "lb/balance/candidate.h"
#include "lb/env/random.h"

namespace lb::balance {

class Lottery {
 public:
  explicit Lottery(Random& random) : random_(random) {}
  // As if those in `without` were not among them.
  [[nodiscard]] std::size_t draw(const Candidates& candidates, Without without);

 private:
  void prepare(const Candidates& candidates);

  Random& random_;
  std::uint64_t version_ = 0;
  std::uint64_t tickets_ = 0;
  std::vector<std::uint64_t> begins_;  // of each one's tickets; empty: everybody has one
};

}  // namespace lb::balance
