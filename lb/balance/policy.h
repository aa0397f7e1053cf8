// Which backend gets the next request: one interface for every policy, no knowledge of connections.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "lb/config/config.h"
#include "lb/env/random.h"

namespace lb::balance {

// What policies may know of a backend. A backend owns its Candidate and keeps it current.
struct Candidate {
  std::uint64_t inflight = 0;  // requests on it, of this worker
};

class Policy {
 public:
  virtual ~Policy() = default;
  // REQUIRES: candidates is not empty. Returns an index into it. The set may differ from call to call: backends come
  // and go, and a second attempt is offered only those that were not tried.
  [[nodiscard]] virtual std::size_t pick(std::span<const Candidate* const> candidates) = 0;
};

// Uniform, independent picks: every backend gets a Poisson share of Poisson traffic.
class RandomPick final : public Policy {
 public:
  explicit RandomPick(Random& random) : random_(random) {}
  [[nodiscard]] std::size_t pick(std::span<const Candidate* const> candidates) override;

 private:
  Random& random_;
};

// In turn, from a random start, so that many proxies do not march in step.
class RoundRobin final : public Policy {
 public:
  explicit RoundRobin(Random& random);
  [[nodiscard]] std::size_t pick(std::span<const Candidate* const> candidates) override;

 private:
  std::uint64_t next_;
};

[[nodiscard]] std::unique_ptr<Policy> makePolicy(config::Balance kind, Random& random);

}  // namespace lb::balance
