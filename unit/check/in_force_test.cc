// From when on a configuration is every worker's.
#include "sim/check/in_force.h"

#include <gtest/gtest.h>

#include "unit/check/moments.h"

namespace sim::check {
namespace {

using plan::FaultKind;
using namespace std::chrono_literals;

TEST(TakenOver, IsSoonIfNobodyStandsStill) {
  Troubles troubles;
  troubles.begin(FaultKind::Pause, 1, at(10s));  // a backend
  EXPECT_EQ(takenOver(troubles, at(10s)), at(10s) + kReloadTakes);
}

TEST(TakenOver, WaitsForAWorkerThatStandsStillAgainAndAgain) {
  Troubles troubles;
  troubles.begin(FaultKind::Pause, plan::kProxySide, at(9s));
  EXPECT_EQ(takenOver(troubles, at(10s)), Troubles::kForEver) << "nobody knows how long";
  troubles.begin(FaultKind::Pause, plan::kProxySide, at(12s));
  troubles.end(FaultKind::Pause, plan::kProxySide, at(13s));
  troubles.end(FaultKind::Pause, plan::kProxySide, at(16s));
  EXPECT_GT(takenOver(troubles, at(10s)), at(16s));
  EXPECT_EQ(takenOver(troubles, at(20s)), at(20s) + kReloadTakes) << "that was before";
}

}  // namespace
}  // namespace sim::check
