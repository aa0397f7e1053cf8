// A rehearsal as a story: a configuration, what happens, and what the clients see of it. The traffic is 100 requests a
// second for ten seconds, at even distances, answered within 10 ms.
#pragma once

#include <gmock/gmock.h>

#include <string>
#include <string_view>
#include <vector>

#include "sim/rehearse/rehearse.h"
#include "unit/rehearse/support.h"

namespace sim::rehearse {

struct Story {
  const char* name;
  std::string_view config;
  const char* scenario;  // every expectation holds
};

inline constexpr std::string_view kStoryTraffic = "duration: 10s\ntraffic: [{rate: 100/s, arrivals: even}]\n";

// Whether every expectation holds is checked here.
inline Result tell(const Story& story, const ReadFile& read_file = noFile, std::string_view traffic = kStoryTraffic,
                   std::uint64_t seed = 1) {
  const auto config = configOf(story.config);
  const auto scenario = parse(std::string(traffic) + story.scenario + "\n", config, read_file);
  EXPECT_TRUE(scenario.has_value()) << story.name << ": "
                                    << (scenario ? "" : lb::config::format("s", scenario.error().front()));
  if (!scenario) return {};
  auto result = rehearse(config, *scenario, seed);
  EXPECT_TRUE(result.has_value()) << story.name << ": " << (result ? "" : result.error().what);
  if (!result) return {};
  EXPECT_EQ(result->violation, "") << story.name;
  EXPECT_FALSE(scenario->expectations.empty()) << story.name;
  for (const Expectation& expectation : scenario->expectations) {
    const Verdict verdict = judge(expectation, *result, scenario->layout);
    EXPECT_TRUE(verdict.holds) << story.name << ", seed " << seed << ": " << expectation.text << " measured "
                               << verdict.shown;
  }
  return std::move(*result);
}

}  // namespace sim::rehearse
