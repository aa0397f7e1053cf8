// The fixed words. Dashboards, alerts and people's scripts hold them: a change here is a change of the interface.
#include "lb/observe/record.h"

#include <gtest/gtest.h>

#include <string>

namespace lb::observe {
namespace {

template <class Enum>
std::string wordsOf(std::size_t count) {
  std::string words;
  for (std::size_t i = 0; i < count; ++i) words += std::string(toString(static_cast<Enum>(i))) + " ";
  return words;
}

TEST(Record, ReasonsHaveTheirFixedWords) {
  EXPECT_EQ(wordsOf<Reason>(kReasonCount),
            "none no_route bad_request uri_too_long header_too_large body_too_large request_timeout "
            "no_healthy_backend overloaded connect_failed connect_timeout backend_closed bad_backend_response "
            "backend_timeout draining internal rate_limited queue_full queue_timeout redirect fixed_response ");
  EXPECT_EQ(toString(Reason::NoHealthyBackend), "no_healthy_backend");
  EXPECT_EQ(toString(Reason::Internal), "internal");
}

TEST(Record, AttemptResultsHaveTheirFixedWords) {
  EXPECT_EQ(wordsOf<AttemptResult>(kAttemptResultCount),
            "ok http_5xx connect_error timeout reset protocol_error cancelled ");
  EXPECT_EQ(toString(AttemptResult::Cancelled), "cancelled");
}

TEST(Record, OriginsAndAbortPhasesHaveTheirFixedWords) {
  EXPECT_EQ(wordsOf<Origin>(2), "backend proxy ");
  EXPECT_EQ(wordsOf<AbortPhase>(4), "none request wait response ");
}

TEST(Record, OverheadIsWhatIsKnownOfBothDirections) {
  using namespace std::chrono_literals;
  Phases phases;
  EXPECT_EQ(overheadOf(phases), kUnknown);
  phases.overhead_response = 30us;
  EXPECT_EQ(overheadOf(phases), 30us);
  phases.overhead_request = 20us;
  EXPECT_EQ(overheadOf(phases), 50us);
  phases.overhead_response = kUnknown;
  EXPECT_EQ(overheadOf(phases), 20us);
}

}  // namespace
}  // namespace lb::observe
