// The apparatus does what its plan says, and tells when it did not.
#include "sim/validate/lab.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

#include "sim/validate/picks.h"

namespace sim::validate {
namespace {

using namespace std::chrono_literals;
using lb::config::Balance;

TEST(Lab, IsSpoiltByAPickOfWhoIsDown) {
  LabPlan plan = oneByOne(Balance::RoundRobin, 3, 300, {});
  plan.down = 1;
  plan.service.retry.attempts = 0;
  Lab lab(plan);
  EXPECT_FALSE(lab.run([](const model::Outcome&) {}));
  EXPECT_THAT(lab.spoilt(), testing::HasSubstr("status 502"));
}

TEST(Lab, LetsTheProxyFindOutWhoIsDownBeforeTheTraffic) {
  LabPlan plan = oneByOne(Balance::RoundRobin, 3, 300, {});
  plan.down = 1;
  plan.settle = 1s;
  plan.service.retry.attempts = 0;
  plan.service.health_check.enabled = true;
  plan.service.health_check.kind = lb::config::CheckKind::Tcp;
  Lab lab(plan);
  std::array<int, 3> counts{};
  EXPECT_TRUE(lab.run([&](const model::Outcome& outcome) { ++counts.at(static_cast<std::size_t>(outcome.backend)); }))
      << lab.spoilt();
  EXPECT_THAT(counts, testing::ElementsAre(0, 150, 150));
}

TEST(Lab, AsksForPathsByTheirWeights) {
  LabPlan plan = oneByOne(Balance::Random, 1, 10'000, {});
  plan.paths = {3, 1};
  Lab lab(plan);
  std::array<int, 2> counts{};
  EXPECT_TRUE(lab.run([&](const model::Outcome& outcome) { ++counts.at(outcome.ask); })) << lab.spoilt();
  EXPECT_NEAR(counts[0], 7500, 200);
  EXPECT_EQ(counts[0] + counts[1], 10'000);
}

TEST(Lab, KnowsWhatIsInsideAServer) {
  LabPlan plan = oneByOne(Balance::RoundRobin, 2, 10, {});
  Lab lab(plan);
  EXPECT_TRUE(lab.run([](const model::Outcome&) {}));
  for (const std::uint32_t server : {0U, 1U}) {
    EXPECT_EQ(lab.insideNs(server), 5U * 100'000U) << "five requests of 100 microseconds";
    EXPECT_EQ(lab.inside(server), 0U);
  }
}

}  // namespace
}  // namespace sim::validate
