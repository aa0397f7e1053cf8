// What everybody who draws a scenario needs.
#pragma once

#include <cstdint>
#include <initializer_list>

#include "sim/core/chance.h"
#include "sim/plan/scenario.h"

namespace sim::plan {

template <class T>
[[nodiscard]] T oneOf(Prng& random, std::initializer_list<T> values) {
  return values.begin()[random.below(values.size())];
}

[[nodiscard]] inline Duration upTo(Prng& random, Duration max) {
  return Duration(static_cast<Duration::rep>(random.below(static_cast<std::uint64_t>(max.count()))));
}

// Whether a family that is drawn apart is on; then the scenario says so.
[[nodiscard]] inline bool switchOn(Scenario& scenario, Prng& random, const char* family, Ratio often) {
  const bool on = random.chance(often);
  if (on) scenario.families.emplace_back(family);
  return on;
}

[[nodiscard]] inline int anyBackend(const Scenario& scenario, Prng& random) {
  return static_cast<int>(random.below(scenario.backends.size()));
}

}  // namespace sim::plan
