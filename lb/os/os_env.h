// The world of one thread, on this machine. Order matters: everything else stands on the loop and goes before it.
#pragma once

#include "lb/env/env.h"
#include "lb/os/os_clock.h"
#include "lb/os/os_loop.h"
#include "lb/os/os_network.h"
#include "lb/os/os_random.h"
#include "lb/os/os_resolver.h"

namespace lb::os {

struct OsEnv {
  explicit OsEnv(const std::vector<Address>& name_servers = {}, Duration busy_poll = {})
      : loop(clock, busy_poll), resolver(loop, name_servers) {}

  OsClock clock;
  OsLoop loop;
  OsNetwork network{loop};
  OsResolver resolver;
  OsRandom random;

  [[nodiscard]] Env env() { return {loop, clock, network, resolver, random}; }
};

}  // namespace lb::os
