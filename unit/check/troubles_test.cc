// When something was wrong, and where.
#include "sim/check/troubles.h"

#include <gtest/gtest.h>

#include "unit/check/moments.h"

namespace sim::check {
namespace {

using plan::FaultKind;
using namespace std::chrono_literals;

TEST(Troubles, AreThereFromTheirBeginningToTheirEnd) {
  Troubles troubles;
  troubles.begin(FaultKind::Stall, 1, at(10s));
  EXPECT_TRUE(troubles.any({FaultKind::Kill, FaultKind::Stall}, 1, at(5s), at(10s)));
  EXPECT_FALSE(troubles.any({FaultKind::Stall}, 1, at(5s), at(9s)));
  EXPECT_FALSE(troubles.any({FaultKind::Stall}, 2, at(5s), at(20s))) << "somebody else's";
  troubles.end(FaultKind::Stall, 1, at(20s));
  EXPECT_TRUE(troubles.any({FaultKind::Stall}, 1, at(20s), at(30s)));
  EXPECT_FALSE(troubles.any({FaultKind::Stall}, 1, at(21s), at(30s)));
}

TEST(Troubles, AnySinceAsksForAllKindsAndPlaces) {
  Troubles troubles;
  EXPECT_FALSE(troubles.anySince(at(0s)));
  troubles.begin(FaultKind::DnsFails, 3, at(10s));
  EXPECT_TRUE(troubles.anySince(at(50s))) << "it goes on";
  troubles.endAll(at(20s));
  EXPECT_TRUE(troubles.anySince(at(20s)));
  EXPECT_FALSE(troubles.anySince(at(21s)));
}

// After losses in a row that took all of its time, what was lost waits as long again.
TEST(Troubles, LossIsOverWhenEverythingHasBeenSentAgain) {
  Troubles troubles;
  troubles.begin(FaultKind::Loss, 1, at(10s));
  troubles.end(FaultKind::Loss, 1, at(13s));
  EXPECT_TRUE(troubles.any({FaultKind::Loss}, 1, at(17s), at(30s)));
  EXPECT_FALSE(troubles.any({FaultKind::Loss}, 1, at(18s), at(30s)));
  troubles.endAll(at(15s));
  EXPECT_FALSE(troubles.any({FaultKind::Loss}, 1, at(16s), at(30s))) << "all is well";
}

// One pause after the other leaves no turn to whoever stands still; a break does.
TEST(Troubles, EndWithoutABreakIsThatOfTheLastOneInARow) {
  Troubles troubles;
  const auto end = [&](Duration from) { return troubles.endOf(FaultKind::Pause, 1, at(from)); };
  EXPECT_EQ(end(10s), at(10s)) << "nothing was on";
  troubles.begin(FaultKind::Pause, 1, at(10s));
  EXPECT_EQ(end(10s), Troubles::kForEver);
  troubles.begin(FaultKind::Pause, 1, at(12s));
  troubles.end(FaultKind::Pause, 1, at(13s));
  troubles.end(FaultKind::Pause, 1, at(15s));
  EXPECT_EQ(end(10s), at(15s));
  EXPECT_EQ(end(16s), at(16s)) << "it was over";
  troubles.begin(FaultKind::Pause, 1, at(20s));
  troubles.end(FaultKind::Pause, 1, at(21s));
  EXPECT_EQ(end(10s), at(15s)) << "between them there was time";
  EXPECT_EQ(troubles.endOf(FaultKind::Pause, 2, at(10s)), at(10s)) << "somebody else's";
}

}  // namespace
}  // namespace sim::check
