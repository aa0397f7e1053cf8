// One scenario, run in a process of its own: a run that fails cannot be taken apart, one that crashes takes its process
// with it, and one that spins has to be stopped.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "sim/plan/scenario.h"

namespace sim::shrink {

struct Verdict {
  std::string invariant;  // "": nothing is wrong; "crash.signal_6 lb/x.cc:12"; "timeout"
  std::string what;
  std::uint64_t hash = 0;
  std::uint64_t events = 0;
  friend bool operator==(const Verdict&, const Verdict&) = default;
  [[nodiscard]] bool failed() const { return !invariant.empty(); }
  // The invariant, and what was found in words: without numbers and quotations, which are others in a smaller scenario.
  [[nodiscard]] std::string kind() const;
};

inline constexpr const char* kTimeout = "timeout";

// REQUIRES: this process has one thread.
[[nodiscard]] Verdict tryOut(const plan::Scenario& scenario, std::chrono::milliseconds cpu_max);

}  // namespace sim::shrink
