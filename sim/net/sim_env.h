// All that one worker, client or backend finds on its host: a loop of its own and what belongs to it.
#pragma once

#include <string_view>

#include "lb/env/env.h"
#include "sim/core/trace.h"
#include "sim/net/sim_clock.h"
#include "sim/net/sim_network.h"
#include "sim/net/sim_resolver.h"

namespace sim::net {

struct SimEnv {
  // `name` tells its randomness from that of the others.
  SimEnv(Fabric& fabric, Host& on, std::string_view name)
      : host(on),
        loop(fabric.world()),
        clock(loop),
        network(loop, fabric, on),
        resolver(loop, fabric),
        random(fabric.world().chance().stream(name)) {
    host.addLoop(loop);
    if (Trace* trace = fabric.world().trace()) trace->loop(loop.id(), name);
  }
  ~SimEnv() { host.removeLoop(loop); }
  SimEnv(const SimEnv&) = delete;
  SimEnv& operator=(const SimEnv&) = delete;

  [[nodiscard]] lb::Env env() { return {loop, clock, network, resolver, random}; }

  Host& host;
  SimLoop loop;
  SimClock clock;
  SimNetwork network;
  SimResolver resolver;
  Prng random;
};

}  // namespace sim::net
