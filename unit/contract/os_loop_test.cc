// What OsLoop has beyond the contract: messages from other threads, stopping, and measuring itself.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <thread>

#include "unit/contract/os_harness.h"

namespace lb::os {
namespace {

using contract::OsHarness;

TEST(OsLoop, RunsUntilStopped) {
  OsHarness env;
  int turns = 0;
  const std::function<void()> again = [&] {
    if (++turns == 3) env.osLoop().stop();
    env.loop().post(again);
  };
  env.loop().post(again);
  env.osLoop().run();
  EXPECT_EQ(turns, 3);
  env.loop().post([&] { env.osLoop().stop(); });
  env.osLoop().run();  // and can run again
  EXPECT_EQ(turns, 4);
}

TEST(OsLoop, StoppedBeforeRunReturnsAtOnce) {
  OsHarness env;
  bool ran = false;
  env.loop().post([&] { ran = true; });
  env.osLoop().stop();
  env.osLoop().run();
  EXPECT_FALSE(ran);
}

TEST(OsLoop, TakesTasksFromOtherThreadsInOrder) {
  constexpr int kTasks = 1000;
  OsHarness env;
  std::vector<int> order;
  std::thread other([&] {
    for (int i = 0; i < kTasks; ++i) env.osLoop().postFromOutside([&order, i] { order.push_back(i); });
    env.osLoop().postFromOutside([&] { env.osLoop().stop(); });
  });
  env.osLoop().run();
  other.join();
  EXPECT_EQ(order.size(), static_cast<std::size_t>(kTasks));
  EXPECT_TRUE(std::ranges::is_sorted(order));
}

TEST(OsLoop, WakesFromWaitingForAnotherThread) {
  OsHarness env;
  std::thread::id ran_on;
  std::thread other([&] {
    env.osLoop().postFromOutside([&] {
      ran_on = std::this_thread::get_id();
      env.osLoop().stop();
    });
  });
  env.osLoop().run();
  other.join();
  EXPECT_EQ(ran_on, std::this_thread::get_id());
}

TEST(OsLoop, DropsWhatWasPostedWhenItIsDestroyed) {
  struct Note final : Disposable {
    explicit Note(int& count) : count_(count) {}
    ~Note() override { ++count_; }
    int& count_;
  };
  int destroyed = 0;
  bool ran = false;
  {
    OsClock clock;
    OsLoop loop(clock);
    loop.post([&ran, note = std::make_unique<Note>(destroyed)] { ran = true; });
    loop.postFromOutside([&ran, note = std::make_unique<Note>(destroyed)] { ran = true; });
    loop.retire(std::make_unique<Note>(destroyed));
  }
  EXPECT_FALSE(ran);
  EXPECT_EQ(destroyed, 3);
}

TEST(OsLoop, MeasuresItsWork) {
  OsHarness env;
  bool done = false;
  env.loop().post([&] {
    env.work(std::chrono::milliseconds(5));
    done = true;
  });
  ASSERT_TRUE(env.runUntil([&] { return done; }));
  EXPECT_GE(env.osLoop().busyNanoseconds(), 5'000'000U);
  EXPECT_GE(env.osLoop().takeLongestTurn(), std::chrono::milliseconds(5));
  EXPECT_EQ(env.osLoop().takeLongestTurn(), Duration::zero());
  EXPECT_GE(env.osLoop().turns(), 1U);
}

TEST(OsLoop, WaitingIsNotWork) {
  OsHarness env;
  bool over = false;
  const auto timer = env.loop().makeTimer([&] { over = true; });
  timer->arm(std::chrono::milliseconds(100));
  ASSERT_TRUE(env.runUntil([&] { return over; }));
  EXPECT_LT(env.osLoop().busyNanoseconds(), 50'000'000U);
  EXPECT_LT(env.osLoop().turns(), 10U) << "and it does not spin";
}

TEST(OsLoop, BusyPollLooksAgainInsteadOfWaiting) {
  OsClock clock;
  OsLoop loop(clock, std::chrono::hours(1));
  bool waited = false;
  const auto far_away = loop.makeTimer([&] { waited = true; });
  far_away->arm(std::chrono::seconds(5));
  loop.post([] {});
  loop.turn();
  const std::uint64_t busy = loop.busyNanoseconds();
  for (int i = 0; i < 100 && !waited; ++i) loop.turn();
  EXPECT_FALSE(waited);
  EXPECT_EQ(loop.busyNanoseconds(), busy) << "looking is no work";
}

TEST(OsLoop, BusyPollEnds) {
  OsClock clock;
  OsLoop loop(clock, std::chrono::milliseconds(1));
  const auto timer = loop.makeTimer([&] { loop.stop(); });
  timer->arm(std::chrono::milliseconds(200));
  loop.post([] {});
  const auto processorTime = [] {
    rusage used{};
    getrusage(RUSAGE_THREAD, &used);
    return std::chrono::seconds(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
           std::chrono::microseconds(used.ru_utime.tv_usec + used.ru_stime.tv_usec);
  };
  const auto before = processorTime();
  loop.run();
  EXPECT_LT(processorTime() - before, std::chrono::milliseconds(50));
}

TEST(OsTimer, NeverMeansNever) {
  OsHarness env;
  bool fired = false;
  const auto never = env.loop().makeTimer([&] { fired = true; });
  never->arm(Duration::max());
  bool over = false;
  const auto timer = env.loop().makeTimer([&] { over = true; });
  timer->arm(std::chrono::milliseconds(5));
  ASSERT_TRUE(env.runUntil([&] { return over; }));
  EXPECT_FALSE(fired);
}

}  // namespace
}  // namespace lb::os
