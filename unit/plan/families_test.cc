// The table of families is the one that generate() draws from: each comes up, and each name stands for one thing.
#include "sim/plan/families.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "sim/plan/scenario.h"

namespace sim::plan {
namespace {

TEST(Families, EachComesUpAndNoOtherDoes) {
  std::set<std::string> listed;
  for (const Family& family : kOddities) EXPECT_TRUE(listed.insert(family.name).second) << family.name;
  for (const Family& family : kFaultFamilies) EXPECT_TRUE(listed.insert(family.name).second) << family.name;
  for (const Family& family : kTrafficFamilies) EXPECT_TRUE(listed.insert(family.name).second) << family.name;
  std::set<std::string> drawn;
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    const Scenario scenario = generate(seed);
    drawn.insert(scenario.families.begin(), scenario.families.end());
  }
  EXPECT_EQ(drawn, listed);
}

TEST(Families, ACalmScenarioHasNoFaults) {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    const Scenario scenario = generate(seed);
    if (!scenario.calm_only) continue;
    for (const Family& family : kFaultFamilies) EXPECT_FALSE(scenario.has(family.name)) << seed << " " << family.name;
  }
}

}  // namespace
}  // namespace sim::plan
