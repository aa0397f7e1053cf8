// What the access log proves of rows of failures.
#include "sim/check/failure_rows.h"

#include <gtest/gtest.h>

namespace sim::check {
namespace {

MonoTime at(int seconds) {
  return MonoTime{std::chrono::seconds(seconds)};
}

TEST(FailureRows, AddUpUntilSomethingThatCameLaterSucceeds) {
  FailureRows rows;
  for (int second : {1, 2, 3})
    rows.add("s", 2, {.backend = 1, .known = true, .attempts = 1, .head = at(second), .now = at(second)});
  EXPECT_EQ(rows.atMost("s", 1), 3U);
  EXPECT_EQ(rows.atMost("s", 0), 0U);
  // It came when two of them were over; the third may have been before or after its end.
  rows.add("s", 2, {.backend = 1, .known = true, .good = true, .attempts = 1, .head = at(3), .now = at(9)});
  EXPECT_EQ(rows.atMost("s", 1), 1U);
  rows.forget("s", 1);
  EXPECT_EQ(rows.atMost("s", 1), 0U);
}

TEST(FailureRows, WhoWasTriedBeforeIsNotKnown) {
  FailureRows rows;
  rows.add("s", 3, {.backend = 1, .known = true, .good = true, .attempts = 3, .head = at(1), .now = at(1)});
  EXPECT_EQ(rows.atMost("s", 0), 2U);
  EXPECT_EQ(rows.atMost("s", 1), 2U);
  rows.add("s", 3, {.attempts = 1, .now = at(2)});
  EXPECT_EQ(rows.atMost("s", 2), 3U);
  rows.add("s", 3, {.attempts = 0, .now = at(2)});
  EXPECT_EQ(rows.atMost("s", 2), 3U) << "nobody was tried";
}

}  // namespace
}  // namespace sim::check
