// ddmin finds what matters, all of it and nothing else, without asking for every subset.
#include "sim/shrink/ddmin.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace sim::shrink {
namespace {

using testing::ElementsAreArray;
using testing::Lt;

struct Row {
  std::size_t count;
  Kept needed;
  std::size_t questions_max;
};

TEST(Ddmin, KeepsWhatIsNeededAndNothingElse) {
  const Row rows[] = {
      {0, {}, 0},
      {1, {}, 1},
      {1, {0}, 2},
      {2, {1}, 5},
      {7, {0, 6}, 20},
      {300, {}, 1},
      {300, {0}, 20},
      {300, {299}, 20},
      {300, {150}, 20},
      {300, {1, 298}, 45},
      {300, {7, 8, 9}, 45},
      {300, {0, 100, 200}, 60},
      {8, {0, 1, 2, 3, 4, 5, 6, 7}, 25},
  };
  for (const Row& row : rows) {
    std::size_t questions = 0;
    const Kept kept = ddmin(row.count, [&](const Kept& some) {
      ++questions;
      return std::ranges::includes(some, row.needed);
    });
    EXPECT_THAT(kept, ElementsAreArray(row.needed));
    EXPECT_THAT(questions, Lt(row.questions_max + 1)) << row.count << " things, " << row.needed.size() << " needed";
  }
}

TEST(Ddmin, FindsOneOfSeveralReasons) {
  const Kept kept = ddmin(100, [](const Kept& some) {
    return std::ranges::includes(some, Kept{3, 90}) || std::ranges::includes(some, Kept{40, 41});
  });
  EXPECT_EQ(kept.size(), 2U);
}

// An even number of things: taking one away never helps, taking two does.
TEST(Ddmin, EndsWhereNoSingleThingCanGo) {
  const auto even = [](const Kept& some) { return !some.empty() && some.size() % 2 == 0; };
  const Kept kept = ddmin(16, even);
  EXPECT_TRUE(even(kept));
  EXPECT_FALSE(kept.size() > 8);
}

TEST(Ddmin, KeepsAllWhenNothingElseIsEnough) {
  const Kept kept = ddmin(5, [](const Kept& some) { return some.size() == 5; });
  EXPECT_EQ(kept.size(), 5U);
}

}  // namespace
}  // namespace sim::shrink
