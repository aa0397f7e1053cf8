// Fingerprints: read back as they were written, and a difference is found at its place.
#include "sim/repeat/fingerprint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/core/digest.h"

namespace sim::repeat {
namespace {

using testing::HasSubstr;

Fingerprint example() {
  return {.seed = 7,
          .outcome = "safety.example",
          .hash = 0xfedcba9876543210,
          .notes = 3000,
          .draws = {{"net", 0xffffffffffffffff}, {"proxy0", 0}},
          .checkpoints = {0xa, 0xb}};
}

TEST(Fingerprint, IsReadBackAsItWasWritten) {
  EXPECT_EQ(fromLine(toLine(example())), example());
  EXPECT_EQ(fromLine(toLine(Fingerprint{})), Fingerprint{});
}

TEST(Fingerprint, WhatIsNoneIsRefused) {
  const std::string line = toLine(example());
  for (std::size_t size = 0; size + 1 < line.size(); ++size)
    EXPECT_NE(fromLine(line.substr(0, size)), example()) << line.substr(0, size);
  EXPECT_EQ(fromLine(""), std::nullopt);
  EXPECT_EQ(fromLine("hello"), std::nullopt);
  EXPECT_EQ(fromLine(line.substr(0, line.rfind(' '))), std::nullopt);
}

TEST(Fingerprint, TheSameDiffersNowhere) {
  EXPECT_FALSE(difference(example(), example()).has_value());
}

TEST(Fingerprint, AnotherHashDiffersBehindTheLastEqualCheckpoint) {
  struct Row {
    std::vector<std::uint64_t> checkpoints;
    std::uint64_t first;
  };
  for (const Row& row : {Row{{0xc, 0xd}, 0}, Row{{0xa, 0xd}, 1024}, Row{{0xa, 0xb}, 2048}, Row{{0xa}, 1024}}) {
    Fingerprint other = example();
    other.hash = 1;
    other.checkpoints = row.checkpoints;
    const auto differs = difference(example(), other);
    ASSERT_TRUE(differs && differs->window);
    EXPECT_EQ(differs->window->first, row.first);
    EXPECT_EQ(differs->window->last, row.first + Digest::kCheckpointEvents);
  }
}

TEST(Fingerprint, OneDrawMoreShowsAlthoughNothingHappened) {
  Fingerprint other = example();
  other.draws[1].second = 1;
  const auto differs = difference(example(), other);
  ASSERT_TRUE(differs);
  EXPECT_FALSE(differs->window);
  EXPECT_THAT(differs->what, HasSubstr("proxy0"));
}

TEST(Fingerprint, ADeadProcessHasNoEvents) {
  const auto differs = difference(example(), {.seed = 7, .outcome = "crash.signal_11", .draws = {}, .checkpoints = {}});
  ASSERT_TRUE(differs);
  EXPECT_FALSE(differs->window);
  EXPECT_THAT(differs->what, HasSubstr("crash.signal_11"));
}

TEST(Fingerprint, OfARunIsTheSameEveryTime) {
  const plan::Scenario scenario = plan::generate(2);
  const Fingerprint print = take(scenario);
  EXPECT_GT(print.notes, 0U);
  EXPECT_GE(print.draws.size(), 5U);
  EXPECT_EQ(take(scenario), print);
  plan::Scenario other = scenario;
  ++other.seed;
  EXPECT_NE(take(other).hash, print.hash);
}

TEST(Fingerprint, AWindowTellsItsNotes) {
  const std::vector<std::string> lines = tell(plan::generate(2), {10, 15});
  ASSERT_GE(lines.size(), 5U);
  EXPECT_THAT(lines[0], HasSubstr("note      10 "));
  EXPECT_THAT(lines[4], HasSubstr("note      14 "));
  for (std::size_t i = 5; i < lines.size(); ++i) EXPECT_TRUE(lines[i].starts_with("trace ")) << lines[i];
}

}  // namespace
}  // namespace sim::repeat
