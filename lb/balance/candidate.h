// What policies may know of backends, and what a pick is for.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "lb/balance/latency.h"

namespace lb::balance {

// Weights are counted in thousandths of a configured weight of 1, so that a slow start has steps to climb.
constexpr std::uint32_t kWeightUnit = 1000;

// One backend. Whoever owns it keeps it current; the atomics are shared by all workers and outlive it.
struct Candidate {
  std::uint64_t id = 0;  // of service and address, the same in every worker and every proxy
  const std::atomic<std::uint32_t>* inflight = nullptr;
  Latency* latency = nullptr;
  std::uint32_t weight = kWeightUnit;       // its share now
  std::uint32_t full_weight = kWeightUnit;  // and when it has warmed up

  // Round robin's, see round_robin.h.
  std::uint64_t turn = 0;
  std::uint64_t turn_version = 0;
  std::uint32_t turn_weight = 0;
};

// Those that may be picked: at least one, none with a weight of 0. Another version, never 0, whenever one of them or a
// weight is another; a policy prepares its tables when it sees a new one.
struct Candidates {
  std::span<Candidate* const> all;
  std::uint64_t version = 0;
};

// Indices into Candidates that are not wanted, ascending, and never all of them. Few, or a pick takes longer.
using Without = std::span<const std::size_t>;

struct Ask {
  std::optional<std::uint64_t> key{};  // equal ones belong together, for `hash`
  Without without{};
  MonoTime now{};
  bool* passed_on = nullptr;  // is told whether nothing but a bound on load kept the key from its backend
};

}  // namespace lb::balance
