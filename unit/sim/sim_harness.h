// The simulated environment as one process of the contract suite. `Way` sets how bytes travel within its host.
#pragma once

#include <functional>

#include "sim/net/sim_env.h"

namespace lb::contract {

template <class Way>
class SimHarness {
 public:
  SimHarness() { Way::apply(fabric_, host_); }

  Loop& loop() { return env_.loop; }
  const Clock& clock() { return env_.clock; }
  Network& network() { return env_.network; }
  Resolver& resolver() { return env_.resolver; }
  Random& random() { return env_.random; }
  // Where attempts to connect vanish.
  Address blackHole() {
    fabric_.setRulesBothWays(host_, nobody_, {.black_hole = true});
    return {nobody_.address(), 80};
  }
  static IpAddress loopback() { return *IpAddress::parse("127.0.0.1"); }

  void turn() {
    const std::uint64_t before = env_.loop.turns();
    while (env_.loop.turns() == before && world_.step()) continue;
  }
  bool runUntil(const std::function<bool()>& done) { return world_.runUntil(done, kPatience); }
  void work(Duration time) { env_.loop.work(time); }

 private:
  static constexpr Duration kPatience = std::chrono::seconds(20);
  static constexpr std::uint64_t kSeed = 1;
  sim::World world_{kSeed};
  sim::net::Fabric fabric_{world_};
  sim::net::Host& host_ = fabric_.addHost("host", "10.0.0.1");
  sim::net::Host& nobody_ = fabric_.addHost("nobody", "10.0.0.9");
  sim::net::SimEnv env_{fabric_, host_, "process"};
};

}  // namespace lb::contract
