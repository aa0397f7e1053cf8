// The contract cases on the simulated environment: at once, and over ways that take their time.
#include "unit/contract/env_contract_test.h"
#include "unit/sim/sim_harness.h"

namespace lb::contract {
namespace {

struct AtOnce {
  static void apply(sim::net::Fabric&, sim::net::Host&) {}
};

struct Slow {
  static void apply(sim::net::Fabric& fabric, sim::net::Host& host) {
    sim::net::LinkRules rules;
    rules.latency = std::chrono::microseconds(400);
    rules.jitter = std::chrono::microseconds(300);
    rules.bytes_per_second = 100'000'000;
    rules.segment_max = 1460;
    fabric.setRules(host, host, rules);
  }
};

struct TinyWindows {
  static void apply(sim::net::Fabric&, sim::net::Host& host) {
    host.rules().receive_window = 100;
    host.rules().send_buffer = 50;
    host.rules().short_read = {1, 3};
  }
};

}  // namespace

INSTANTIATE_ENV_CONTRACT(Sim, SimHarness<AtOnce>);
INSTANTIATE_ENV_CONTRACT(SimSlow, SimHarness<Slow>);
INSTANTIATE_ENV_CONTRACT(SimTinyWindows, SimHarness<TinyWindows>);

}  // namespace lb::contract
