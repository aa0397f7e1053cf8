// A pick allocates nothing once its tables are there, whatever the policy, also when some backends are not wanted.
#include "unit/balance/fleet.h"
#include "unit/observe/allocations.h"

namespace lb::balance {
namespace {

using config::Balance;

TEST(Cost, PicksDoNotAllocate) {
  const std::vector<std::size_t> without{3, 500, 999};
  for (const Balance balance :
       {Balance::Random, Balance::RoundRobin, Balance::LeastRequest, Balance::P2c, Balance::PeakEwma, Balance::Hash}) {
    for (const bool weighted : {false, true}) {
      config::Service service;
      service.balance = balance;
      service.hash.max_load_percent = 125;
      FixedSeed random;
      const auto policy = makePolicy(service, random);
      std::vector<std::uint32_t> weights(1000, 1);
      for (std::uint32_t i = 0; weighted && i < weights.size(); ++i) weights[i] = i % 7 + 1;
      Fleet fleet(weights);
      const auto picks = [&] {
        for (std::uint64_t key = 0; key < 100; ++key) {
          static_cast<void>(fleet.pick(*policy, {.key = mixed(key)}));
          static_cast<void>(fleet.pick(*policy, {.without = without}));
        }
      };
      picks();
      const std::size_t warm = observe::allocationCount();
      picks();
      EXPECT_EQ(observe::allocationCount(), warm) << static_cast<int>(balance) << weighted;
    }
  }
}

}  // namespace
}  // namespace lb::balance
