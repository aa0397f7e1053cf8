// How fast the simulator is: workloads whose speed says something. Who runs them brings the clock.
#pragma once

#include <cstdint>
#include <string>

#include "sim/plan/scenario.h"

namespace sim::bench {

// Clients that keep their connections and ask for small things, one after the other, of backends without a flaw: the
// campaign's actors and oracles with nothing to find.
[[nodiscard]] plan::Scenario plainScenario(std::uint64_t seed);
constexpr std::uint64_t kPlainClients = 16;
constexpr std::uint64_t kPlainRequests = 1000;  // of each

// The same traffic by the light actors of sim/model. Returns why it failed; empty: it did not.
[[nodiscard]] std::string runLight(std::uint64_t seed, std::uint64_t requests);

}  // namespace sim::bench
