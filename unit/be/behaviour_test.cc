// What a dummy backend is told by flags and URLs.
#include "be/behaviour.h"

#include <gtest/gtest.h>

namespace be {
namespace {

using namespace std::chrono_literals;

TEST(Behaviour, PathWordsSetWhatTheyName) {
  const Behaviour behaviour = behaviourOf("/status/503/delay/200ms/size/4KiB/chunked/close/10", {});
  EXPECT_EQ(behaviour.status, 503);
  EXPECT_EQ(behaviour.delay, 200ms);
  EXPECT_EQ(behaviour.size, 4096U);
  EXPECT_TRUE(behaviour.chunked);
  EXPECT_EQ(behaviour.close_after, 10U);
  EXPECT_FALSE(behaviour.echo);
}

TEST(Behaviour, QueryWordsSetWhatTheyName) {
  const Behaviour behaviour = behaviourOf("/any/path?s=my-service.my-company.com&drip=1s&echo&status=404", {});
  EXPECT_EQ(behaviour.drip, 1s);
  EXPECT_TRUE(behaviour.echo);
  EXPECT_EQ(behaviour.status, 404);
}

TEST(Behaviour, TheUrlWinsOverTheFlagsAndNonsenseIsIgnored) {
  Behaviour defaults;
  ASSERT_TRUE(set(defaults, "status", "500"));
  ASSERT_TRUE(set(defaults, "delay", "1s"));
  const Behaviour behaviour = behaviourOf("/status/200/delay/soon?size=-1&close=", defaults);
  EXPECT_EQ(behaviour.status, 200);
  EXPECT_EQ(behaviour.delay, 1s);
  EXPECT_EQ(behaviour.size, std::nullopt);
  EXPECT_EQ(behaviour.close_after, std::nullopt);
}

TEST(Behaviour, ValuesOutOfRangeAreRefused) {
  struct Row {
    const char* name;
    const char* value;
  };
  for (const Row& row :
       {Row{"status", "199"}, Row{"status", "600"}, Row{"status", "2x"}, Row{"delay", "2h"}, Row{"delay", "5"},
        Row{"size", "2000GiB"}, Row{"size", "1kb"}, Row{"size", "99999999999999999999"}, Row{"speed", "1"}}) {
    Behaviour behaviour;
    EXPECT_FALSE(set(behaviour, row.name, row.value)) << row.name << "=" << row.value;
  }
}

}  // namespace
}  // namespace be
