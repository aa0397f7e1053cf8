// What a failed run says on the terminal: plain data in, text out. Whoever ran it fills in what he knows; what is empty
// is not printed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sim/core/world.h"

namespace sim::report {

// Bytes that should have been the same.
struct Difference {
  std::string what{};      // "body of the answer to request 118, at client c4"
  std::uint64_t from = 0;  // where in the stream both begin
  std::string expected{};
  std::string seen{};
};

struct FailureReport {
  std::string invariant{};  // "safety.pool_clean"
  std::string what{};       // "connection b2#7 returned to the pool with 12 unread bytes"
  std::uint64_t seed = 0;
  std::string build{};
  MonoTime time{World::kStart};
  std::uint64_t event = 0;
  std::vector<std::string> who{};  // "exchange x118 (client c4, POST /k/118, 2048 B) -> backend b2, reused 3 times"
  std::optional<Difference> difference{};
  std::vector<std::string> faults_on{};
  std::vector<std::string> faults_off{};
  std::uint64_t faults_fired = 0;
  std::uint64_t faults_last = 0;    // the event of the last one
  std::vector<std::string> last{};  // events, the oldest first
  std::string replay{};             // a command
  std::string shrink{};             // a command, with what is known of its success
  std::vector<std::string> files{};
  std::string speed{};
};

[[nodiscard]] std::string toText(const FailureReport& report);

[[nodiscard]] std::string firedText(const FailureReport& report);  // "17 fired, last at event 48207"

// Both sides around the first byte that is not the same, as lines of a hex dump. Empty: they are the same.
[[nodiscard]] std::vector<std::string> differenceLines(const Difference& difference);

}  // namespace sim::report
