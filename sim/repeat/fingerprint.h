// What two runs of one scenario have in common if they are the same run: as one line of text, so that processes and
// builds can be compared.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sim/plan/scenario.h"

namespace sim::repeat {

struct Fingerprint {
  std::uint64_t seed = 0;
  std::string outcome = "fine";  // or the invariant that was violated, or how the process ended
  std::uint64_t hash = 0;
  std::uint64_t notes = 0;  // that went into the hash
  // What each stream of random numbers would draw next: one draw more shows even if nothing came of it.
  std::vector<std::pair<std::string, std::uint64_t>> draws;
  std::vector<std::uint64_t> checkpoints;  // the hash after every Digest::kCheckpointEvents notes
  friend bool operator==(const Fingerprint&, const Fingerprint&) = default;
};

[[nodiscard]] std::string toLine(const Fingerprint& print);
[[nodiscard]] std::optional<Fingerprint> fromLine(std::string_view line);

// Notes, the first one and the one behind the last one.
struct Window {
  std::uint64_t first = 0;
  std::uint64_t last = 0;
};
struct Difference {
  std::string what;
  std::optional<Window> window;  // where they part, if the hashes do
};
[[nodiscard]] std::optional<Difference> difference(const Fingerprint& one, const Fingerprint& other);

// Runs it. What is left of a run that failed stays in memory: it cannot be taken apart.
[[nodiscard]] Fingerprint take(const plan::Scenario& scenario);

// Runs it and tells what happens in the window: "note 2050 ..." is what went into the hash, "trace ..." what a person
// sees of it.
[[nodiscard]] std::vector<std::string> tell(const plan::Scenario& scenario, const Window& window);

}  // namespace sim::repeat
