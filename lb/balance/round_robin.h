// In turn, from a random start, so that many proxies do not march in step.
//
// With different weights the turns of each backend are spread evenly: its k-th is due at (k + phase) / weight, and the
// next one due is picked. Any row of as many picks as the sum of all weights, reduced to whole numbers without a common
// divisor, gives each backend exactly its weight. It keeps a heap, so a pick looks at a logarithm of the backends. When
// weights change, what is left of everybody's way to the next turn stays what it was.
#pragma once

#include <vector>

#include "lb/balance/policy.h"

namespace lb::balance {

class RoundRobin final : public Policy {
 public:
  explicit RoundRobin(Random& random) : random_(random), next_(random.next() >> 32) {}
  [[nodiscard]] std::size_t pick(const Candidates& candidates, const Ask& ask) override;

 private:
  void prepare(const Candidates& candidates);
  void enlist(Candidate& one, std::uint32_t weight);
  [[nodiscard]] bool earlier(std::size_t a, std::size_t b) const;
  void sink(std::size_t place);
  void take();
  [[nodiscard]] std::size_t pickWeighted(Without without);

  Random& random_;
  std::uint64_t next_;  // of equal weights
  std::uint64_t version_ = 0;
  std::span<Candidate* const> all_;
  std::vector<std::size_t> heap_;  // by who is next; empty: all weights are equal
  std::uint64_t round_ = 0;        // picks that a round has
  std::uint64_t picked_ = 0;       // of this round
  // The place of the last turn taken, as a fraction: turn / weight.
  std::uint64_t now_turn_ = 0;
  std::uint32_t now_weight_ = 1;
};

}  // namespace lb::balance
