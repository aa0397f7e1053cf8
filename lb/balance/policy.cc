// See policy.h.
#include "lb/balance/policy.h"

#include <algorithm>

#include "lb/balance/hash_pick.h"
#include "lb/balance/least_request.h"
#include "lb/balance/random_pick.h"
#include "lb/balance/round_robin.h"
#include "lb/balance/two_choices.h"

namespace lb::balance {

std::unique_ptr<Policy> makePolicy(const config::Service& service, Random& random) {
  switch (service.balance) {
    case config::Balance::Random: return std::make_unique<RandomPick>(random);
    case config::Balance::RoundRobin: return std::make_unique<RoundRobin>(random);
    case config::Balance::LeastRequest: return std::make_unique<LeastRequest>(random);
    case config::Balance::P2c: return std::make_unique<TwoChoices>(random, TwoChoices::By::Requests);
    case config::Balance::PeakEwma: return std::make_unique<TwoChoices>(random, TwoChoices::By::Latency);
    case config::Balance::Hash: return std::make_unique<HashPick>(random, service.hash.max_load_percent);
  }
  return nullptr;
}

bool isIn(Without without, std::size_t index) {
  return std::ranges::binary_search(without, index);
}

}  // namespace lb::balance
