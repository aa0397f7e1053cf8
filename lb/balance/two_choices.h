// The better of two different backends, each drawn by its weight (Mitzenmacher's power of two choices): nearly as good
// as looking at all of them, and many proxies that see old figures do not all run to the same one.
//
// By requests it is the one with fewer in flight for its weight, and of equal ones the first drawn. By latency it is
// the one with less of latency times requests (Finagle's peak EWMA), the next one counted; a backend that is new gets
// one request until it has answered; one of which nothing was seen for long gets one if it has none, and goes by
// requests until it has answered.
#pragma once

#include <vector>

#include "lb/balance/lottery.h"
#include "lb/balance/policy.h"

namespace lb::balance {

class TwoChoices final : public Policy {
 public:
  enum class By : std::uint8_t { Requests, Latency };

  TwoChoices(Random& random, By by) : lottery_(random), by_(by) {}
  [[nodiscard]] std::size_t pick(const Candidates& candidates, const Ask& ask) override;

 private:
  [[nodiscard]] bool better(const Candidate& a, const Candidate& b, MonoTime now) const;

  Lottery lottery_;
  By by_;
  std::vector<std::size_t> without_;  // scratch
};

}  // namespace lb::balance
