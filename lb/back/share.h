// What share of the load a backend is to get: its weight, and how far it has warmed up.
#pragma once

#include <cstdint>
#include <vector>

#include "lb/back/registry.h"
#include "lb/observe/backend_state.h"

namespace lb::back {

// What was set by hand, else its host's configured weight; in balance::kWeightUnit. 0: nothing.
[[nodiscard]] std::uint32_t fullWeight(const SharedBackend& backend, std::uint32_t host_weight);
// While it starts slowly, a part of that in proportion to the time since it came, and never less than the minimum.
[[nodiscard]] std::uint32_t weightAt(std::uint32_t full, const SharedBackend& backend, const SharedService& service,
                                     MonoTime now);

// When weightAt() may be another: a small part of the window later while it starts, and else never.
constexpr MonoTime kNever{Duration::max()};
[[nodiscard]] MonoTime weightLasts(const SharedBackend& backend, const SharedService& service, MonoTime now);

// Of all that are in use, for the metrics; those with the same service and label are one. Any thread.
[[nodiscard]] std::vector<observe::BackendState> statesOf(Registry& registry, MonoTime now);

}  // namespace lb::back
