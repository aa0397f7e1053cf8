// The operating system's environment as one process of the contract suite.
#pragma once

#include <functional>

#include "lb/env/env.h"
#include "lb/os/os_clock.h"
#include "lb/os/os_loop.h"
#include "lb/os/os_network.h"
#include "lb/os/os_random.h"
#include "lb/os/os_resolver.h"

namespace lb::contract {

class OsHarness {
 public:
  Loop& loop() { return loop_; }
  const Clock& clock() { return clock_; }
  Network& network() { return network_; }
  Resolver& resolver() { return resolver_; }
  Random& random() { return random_; }
  static IpAddress loopback() { return *IpAddress::parse("127.0.0.1"); }
  os::OsLoop& osLoop() { return loop_; }

  void turn() { loop_.turn(); }

  bool runUntil(const std::function<bool()>& done) {
    bool late = false;
    const std::unique_ptr<Timer> deadline = loop_.makeTimer([&] { late = true; });
    deadline->arm(kPatience);
    while (!done()) {
      if (late) return false;
      loop_.turn();
    }
    return true;
  }

  void work(Duration time) {
    const MonoTime begin = clock_.precise();
    while (clock_.precise() - begin < time) continue;
  }

 private:
  static constexpr Duration kPatience = std::chrono::seconds(20);
  os::OsClock clock_;
  os::OsLoop loop_{clock_};
  os::OsNetwork network_{loop_};
  os::OsRandom random_;
  os::OsResolver resolver_{loop_};
};

}  // namespace lb::contract
