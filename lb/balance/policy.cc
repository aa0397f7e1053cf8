// See policy.h.
#include "lb/balance/policy.h"

#include "lb/base/random_util.h"

namespace lb::balance {

std::size_t RandomPick::pick(std::span<const Candidate* const> candidates) {
  return below(random_, candidates.size());
}

RoundRobin::RoundRobin(Random& random) : next_(random.next() >> 32) {}

std::size_t RoundRobin::pick(std::span<const Candidate* const> candidates) {
  return next_++ % candidates.size();
}

std::unique_ptr<Policy> makePolicy(config::Balance kind, Random& random) {
  switch (kind) {
    case config::Balance::LeastRequest:
    case config::Balance::P2c:
    case config::Balance::PeakEwma:
    case config::Balance::Hash:
    case config::Balance::Random: return std::make_unique<RandomPick>(random);
    case config::Balance::RoundRobin: return std::make_unique<RoundRobin>(random);
  }
  return nullptr;
}

}  // namespace lb::balance
