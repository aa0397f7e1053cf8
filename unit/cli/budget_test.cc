// How long a command may work, as people write it.
#include "sim/cli/budget.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sim::cli {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

TEST(Budget, IsSecondsOrHasAUnit) {
  struct Row {
    const char* text;
    lb::Duration expected;
  };
  const Row rows[] = {{"600", 600s}, {"90s", 90s}, {"10m", 10min}, {"2h", 2h}, {"500ms", 500ms}};
  for (const Row& row : rows) {
    const auto budget = parseBudget(row.text);
    ASSERT_TRUE(budget) << row.text << ": " << budget.error().what;
    EXPECT_EQ(*budget, row.expected) << row.text;
  }
}

TEST(Budget, RefusesWhatIsNoTimeAtAll) {
  for (const char* text : {"", "0", "0s", "-5", "10 m", "10x", "m", "1.5", "ten", "99999999999999999999", "1e3"}) {
    const auto budget = parseBudget(text);
    ASSERT_FALSE(budget) << text;
    EXPECT_THAT(budget.error().what, HasSubstr("is no time to work for: write seconds, or 90s, 10m, 2h")) << text;
  }
}

}  // namespace
}  // namespace sim::cli
