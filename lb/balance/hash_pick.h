// Equal keys to the same backend, by a Maglev table; what has no key is drawn by weight.
//
// With a bound (Mirrokni et al., "Consistent hashing with bounded loads") a backend that has more than so many per cent
// of the mean load, for its weight, passes keys on to the next place of a walk that the key alone determines, so that
// they stay together there, too. It then adds up the load of all backends for each request.
#pragma once

#include <vector>

#include "lb/balance/lottery.h"
#include "lb/balance/maglev.h"
#include "lb/balance/policy.h"

namespace lb::balance {

class HashPick final : public Policy {
 public:
  HashPick(Random& random, std::uint32_t max_load_percent) : lottery_(random), max_load_percent_(max_load_percent) {}
  [[nodiscard]] std::size_t pick(const Candidates& candidates, const Ask& ask) override;

 private:
  // How far a walk goes; after so many places the rest is left to a draw.
  static constexpr int kStepsMax = 64;

  void prepare(const Candidates& candidates);

  Lottery lottery_;
  std::uint32_t max_load_percent_;  // 0: no bound
  std::uint64_t version_ = 0;
  Maglev table_;
  std::uint64_t weights_ = 0;      // of all candidates
  std::vector<MaglevHost> hosts_;  // what the table was made from
};

}  // namespace lb::balance
