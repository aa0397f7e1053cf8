// What an active health check asks and how its answers are weighed: plain values with defaults that suit most servers.
// Part of the library lb/health: see checker.h.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lb/env/clock.h"

namespace lb::health {

enum class CheckKind : std::uint8_t { Http, Tcp };
enum class InitialHealth : std::uint8_t { Check, Up, Down };

// Both ends included.
struct StatusRange {
  std::uint16_t first = 200;
  std::uint16_t last = 299;
  friend bool operator==(const StatusRange&, const StatusRange&) = default;
};

struct CheckSettings {
  bool enabled = false;  // for whoever keeps settings of checks that may be off; a checker does not look at it
  CheckKind kind = CheckKind::Http;
  // Path and host become part of the request as they are: printable ASCII without spaces, the path begins with "/".
  std::string path = "/";
  std::string host{};                                // the Host field; "": the address that is checked
  std::vector<StatusRange> expect{StatusRange{}};    // one of them; 1xx but 101 are no answer yet
  std::string body{};                                // has to be in the answer's body; "": anything
  std::uint16_t port = 0;                            // 0: the target's own
  Duration interval = std::chrono::seconds(5);       // from the end of a check to the beginning of the next
  Duration down_interval = std::chrono::seconds(2);  // the same, while the target is down
  std::uint32_t jitter_percent = 10;                 // of either, in both directions
  Duration timeout = std::chrono::seconds(2);        // of the whole check: connecting, asking, the answer to its end
  std::uint32_t fall = 3;                            // failures in a row until it is down
  std::uint32_t rise = 2;                            // passes in a row until it is up
  // Check: up, but the very first check decides alone. Up, down: `fall` or `rise` checks change it.
  InitialHealth initial = InitialHealth::Check;
  friend bool operator==(const CheckSettings&, const CheckSettings&) = default;
};

// Path and host have to: anything else could end the line that they stand in.
[[nodiscard]] bool fitsIntoRequest(std::string_view text);

// Why a checker cannot work by them, for people; empty: it can. Times have to be more than 0, or it would never pause;
// `fall` and `rise` at least 1; jitter at most 100 %; an HTTP check expects something and asks for a path.
[[nodiscard]] std::string_view problem(const CheckSettings& settings);

}  // namespace lb::health
