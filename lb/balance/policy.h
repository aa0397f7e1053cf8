// Which backend gets the next request: one interface for every policy, no knowledge of connections.
//
// A policy belongs to one service of one worker. What the workers share is what they see of the backends: requests in
// flight and latencies. A pick counts only once the request is on the backend, which has to happen before the next one.
#pragma once

#include <memory>

#include "lb/balance/candidate.h"
#include "lb/config/service.h"
#include "lb/env/random.h"

namespace lb::balance {

class Policy {
 public:
  virtual ~Policy() = default;
  // An index into the candidates, none of `ask.without`. The candidates may be others from call to call.
  [[nodiscard]] virtual std::size_t pick(const Candidates& candidates, const Ask& ask) = 0;
};

[[nodiscard]] std::unique_ptr<Policy> makePolicy(const config::Service& service, Random& random);

[[nodiscard]] bool isIn(Without without, std::size_t index);

}  // namespace lb::balance
