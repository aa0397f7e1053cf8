// What a rehearsal leaves behind: one line of data for each request, and how the backends were over time.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "lb/env/clock.h"

namespace sim::rehearse {

inline constexpr std::uint16_t kNoBackend = 0xffff;

enum class Answered : std::uint8_t {
  ByBackend,
  ByProxy,  // lb's own answer
  Not,      // the client gave up, or the connection ended
};

// Causes that are no answers.
inline constexpr std::array<std::string_view, 5> kNoAnswer{"no_connection", "connection_lost", "client_gave_up",
                                                           "out_of_connections", "garbage"};
inline constexpr std::string_view kOfBackend = "backend_";  // and the status, of 500 and above
inline constexpr std::string_view kOfLb = "lb_";            // and the status of a route's own response

struct Outcome {
  lb::Duration began{};     // since the end of the warm-up
  lb::Duration took{};      // until the last byte of the answer, or until there was no hope of one
  std::uint64_t bytes = 0;  // of the answer's body, as far as it came
  std::uint16_t stream = 0;
  std::uint16_t service = 0;
  std::uint16_t backend = kNoBackend;  // whose answer it is
  std::uint16_t status = 0;            // 0: no answer
  Answered answered = Answered::Not;
  std::uint8_t cause = 0;  // of what went wrong, in Result::causes; 0: nothing

  [[nodiscard]] bool failed() const { return cause != 0; }
};

// Where a backend's time goes, as it is at the end of an interval of the report.
enum class SiteState : std::uint8_t { Up, Down, Refusing, Hung, Paused };

struct SiteSample {
  SiteState state = SiteState::Up;
  std::uint32_t working = 0;  // the most at once within the interval, as for `waiting`
  std::uint32_t waiting = 0;
};

struct Sample {
  lb::Duration at{};
  std::vector<SiteSample> sites;  // in the order of the layout
};

// A fault as it happened.
struct Band {
  lb::Duration from{};
  lb::Duration to{};
  std::string text;
};

struct Result {
  std::uint64_t seed = 0;
  lb::Duration duration{};
  std::vector<std::string> causes{""};
  std::vector<Outcome> outcomes;  // in the order of their end
  std::vector<Sample> samples;
  std::vector<Band> bands;
  std::string violation;         // of HTTP by lb, which must never be; empty: none
  std::vector<std::string> log;  // what lb said of warnings and errors, the first ones

  std::uint8_t causeOf(const std::string& text);  // its number; new ones are added
};

}  // namespace sim::rehearse
