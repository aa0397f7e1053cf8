// The second opinion on panic, told stories by hand: what has to be said, what may be, and what is shown of it.
#include "sim/check/mood_watch.h"

#include <gtest/gtest.h>

namespace sim::check {
namespace {

using namespace std::chrono_literals;

constexpr std::uint32_t kHalf = 50;
constexpr const char* kPanic = "panic: 1 of 4 backends of s0 can be used, less than 50 %: all are used";
constexpr const char* kFine = "2 of 4 backends of s0 can be used: the others are spared";
constexpr const char* kNobody = "0 of 4 backends of s0 can be used: requests get 503";

struct MoodRow {
  const char* name;
  Stock stock;
  std::uint32_t percent;
  bool fine, panic, nobody;
};

constexpr MoodRow kRows[] = {
    {"half of them", {.hosts = 4, .up_hosts = 2}, kHalf, true, false, false},
    {"less than half", {.hosts = 4, .up_hosts = 1}, kHalf, false, true, false},
    {"one may count", {.hosts = 4, .up_hosts = 1, .tried_hosts = 1}, kHalf, true, true, false},
    {"none, and no panic", {.hosts = 4}, 0, false, false, true},
    {"none but one on probation", {.hosts = 4, .tried_hosts = 1}, 0, true, false, true},
    {"backups stand in", {.hosts = 2, .backups = 1, .up_backups = 1}, 100, true, false, false},
    {"also while a host is tried",
     {.hosts = 2, .tried_hosts = 1, .backups = 1, .up_backups = 1},
     100,
     true,
     false,
     false},
    {"not while one is left", {.hosts = 3, .up_hosts = 1, .backups = 1, .up_backups = 1}, kHalf, false, true, false},
    {"backups alone", {.backups = 4, .up_backups = 1}, kHalf, false, true, false},
    {"all are drained", {}, 100, false, false, true},
};

TEST(Stock, SaysWhichMoodsThereMayBe) {
  for (const MoodRow& row : kRows) {
    EXPECT_EQ(row.stock.mayBe(Mood::Fine, row.percent), row.fine) << row.name;
    EXPECT_EQ(row.stock.mayBe(Mood::Panic, row.percent), row.panic) << row.name;
    EXPECT_EQ(row.stock.mayBe(Mood::Nobody, row.percent), row.nobody) << row.name;
  }
}

class MoodWatchTest : public testing::Test {
 protected:
  static MonoTime at(Duration time) { return MonoTime{World::kStart} + time; }
  std::string look(std::size_t up, Duration when, bool certain = true) {
    watch_.look("s0", {.hosts = 4, .up_hosts = up}, kHalf, certain, at(when));
    return watch_.takeWrong();
  }
  Marks marks_;
  MoodWatch watch_{marks_};
};

TEST_F(MoodWatchTest, EntryAndExitAreSaidOnceAndInTheirMoment) {
  EXPECT_EQ(look(4, 1s), "");
  EXPECT_EQ(look(1, 2s), "");
  EXPECT_EQ(look(1, 2s), "") << "the line comes in the same moment";
  EXPECT_EQ(watch_.onLine(kPanic), "");
  EXPECT_EQ(look(1, 3s), "");
  EXPECT_NE(watch_.onLine(kPanic), "");
  EXPECT_EQ(look(2, 4s), "");
  EXPECT_EQ(watch_.onLine(kFine), "");
  EXPECT_EQ(look(2, 5s), "");
}

TEST_F(MoodWatchTest, SilenceIsSeen) {
  EXPECT_EQ(look(1, 1s), "");
  EXPECT_NE(look(1, 2s), "");
}

TEST_F(MoodWatchTest, PanicWithoutAReasonIsSeen) {
  EXPECT_EQ(look(4, 1s), "");
  EXPECT_NE(watch_.onLine(kPanic), "") << "the numbers are wrong";
  EXPECT_EQ(look(1, 2s), "");
  EXPECT_NE(watch_.onLine(kNobody), "");
}

TEST_F(MoodWatchTest, WhereNothingIsCertainTheLogIsBelieved) {
  EXPECT_EQ(look(4, 1s, false), "");
  EXPECT_EQ(watch_.onLine(kPanic), "");
  EXPECT_EQ(look(4, 2s, false), "");
  EXPECT_EQ(look(1, 3s), "");
  EXPECT_EQ(look(1, 4s), "");
}

TEST_F(MoodWatchTest, WhatIsShownIsWhatTheLogSays) {
  EXPECT_EQ(look(1, 1s), "");
  EXPECT_EQ(watch_.onLine(kPanic), "");
  const std::string one = "lb_service_panic{service=\"s0\"} 1\nlb_service_healthy_backends{service=\"s0\"} 1\n";
  const std::string none = "lb_service_panic{service=\"s0\"} 0\nlb_service_healthy_backends{service=\"s0\"} 1\n";
  const std::string many = "lb_service_panic{service=\"s0\"} 1\nlb_service_healthy_backends{service=\"s0\"} 4\n";
  const std::string flag = "{\"services\":[{\"service\":\"s0\",\"panic\":true,\"healthy\":1}]}";
  const std::string no_flag = "{\"services\":[{\"service\":\"s0\",\"panic\":false,\"healthy\":1}]}";
  EXPECT_EQ(watch_.judgeShown(one, flag), "");
  EXPECT_NE(watch_.judgeShown(none, flag), "");
  EXPECT_NE(watch_.judgeShown(one, no_flag), "");
  EXPECT_NE(watch_.judgeShown(many, flag), "");
}

}  // namespace
}  // namespace sim::check
