// The lines of `expect`: what a rehearsal promises, read from text, measured on outcomes.
//
//   p99 < 200ms of service api between 10s and 60s
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lb/base/result.h"
#include "sim/rehearse/layout.h"
#include "sim/rehearse/outcome.h"

namespace sim::rehearse {

enum class Measure : std::uint8_t {
  EveryAnswered,  // requests without a complete answer
  Percentile,     // number: 0 to 100
  Mean,
  Errors,         // of any kind
  ProxyErrors,    // lb's own answers
  BackendErrors,  // 5xx of backends
  Unanswered,
  Status,       // number: the code, or its first digit
  Reason,       // word: as in the table of errors
  Requests,     // how many
  RequestRate,  // answered without an error, a second
  Share,        // of `backends` in what backends answered
};

enum class Comparison : std::uint8_t { Less, LessOrEqual, Greater, GreaterOrEqual, Equal };
enum class Unit : std::uint8_t { Seconds, Ratio, Count, PerSecond };

// Which requests count: those that began within the time, of the service, of the stream, answered by the backends.
struct Scope {
  std::optional<lb::Duration> from;
  std::optional<lb::Duration> to;  // before this
  std::optional<std::size_t> service;
  std::optional<std::size_t> stream;
  std::vector<std::size_t> backends;  // empty: all
  [[nodiscard]] bool covers(const Outcome& outcome) const;
};

struct Expectation {
  std::string text;
  Measure measure{};
  double number = 0;
  std::string word;
  std::vector<std::size_t> backends;  // of Share
  Comparison comparison{};
  double limit = 0;
  Unit unit{};
  Scope scope;
};

struct Verdict {
  bool holds = false;
  bool measurable = true;  // false: no request counts, so nothing can be said
  double measured = 0;
  std::string shown;  // the measured value for people
};

// `streams`: their names, in order.
[[nodiscard]] lb::Result<Expectation> parseExpectation(std::string_view text, const Layout& layout,
                                                       const std::vector<std::string>& streams);
[[nodiscard]] Verdict judge(const Expectation& expectation, const Result& result, const Layout& layout);
// How far a measured value is on the wrong side, to find the worst of several: greater is worse.
[[nodiscard]] double badness(const Expectation& expectation, const Verdict& verdict);

[[nodiscard]] std::string showDuration(double seconds);  // three digits: "12.4ms"
[[nodiscard]] std::string showRatio(double ratio);       // "0.12%"

}  // namespace sim::rehearse
