// Signals as events, and what the system says about this process.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <thread>

#include "lb/os/process_info.h"
#include "lb/os/signal_source.h"
#include "lb/os/unique_fd.h"
#include "unit/contract/os_harness.h"

namespace lb::os {
namespace {

using contract::OsHarness;
using testing::ElementsAre;

TEST(SignalSource, DeliversSignalsOnTheLoop) {
  OsHarness env;
  std::vector<std::string> seen;
  const SignalSource source(env.osLoop(), {.on_terminate = [&] { seen.emplace_back("terminate"); },
                                           .on_hangup = [&] { seen.emplace_back("hangup"); },
                                           .on_user1 = [&] { seen.emplace_back("user1"); }});
  for (const int number : {SIGTERM, SIGINT, SIGHUP, SIGUSR1}) {
    const std::size_t before = seen.size();
    ASSERT_EQ(::kill(::getpid(), number), 0);
    ASSERT_TRUE(env.runUntil([&] { return seen.size() > before; }));
  }
  EXPECT_THAT(seen, ElementsAre("terminate", "terminate", "hangup", "user1"));
}

TEST(SignalSource, BrokenPipesAndFullFilesDoNotKill) {
  OsHarness env;
  const SignalSource source(env.osLoop(), {});
  ASSERT_EQ(::kill(::getpid(), SIGPIPE), 0);
  ASSERT_EQ(::kill(::getpid(), SIGXFSZ), 0);
  ASSERT_EQ(::kill(::getpid(), SIGUSR1), 0);  // without a callback: taken, and nothing happens
  env.turn();
}

TEST(SignalSource, TakesWhatCameBeforeIt) {
  for (const int number : {SIGPIPE, SIGXFSZ}) std::signal(number, SIG_DFL);
  sigset_t all;
  sigfillset(&all);
  ASSERT_EQ(pthread_sigmask(SIG_UNBLOCK, &all, nullptr), 0);
  holdSignals();
  for (const int number : {SIGHUP, SIGUSR1, SIGPIPE, SIGXFSZ}) ASSERT_EQ(::kill(::getpid(), number), 0);
  OsHarness env;
  int hangups = 0;
  int users = 0;
  const SignalSource source(env.osLoop(), {.on_hangup = [&] { ++hangups; }, .on_user1 = [&] { ++users; }});
  EXPECT_TRUE(env.runUntil([&] { return hangups == 1 && users == 1; }));
}

TEST(SignalSource, ThreadsThatComeLaterAreNotInterrupted) {
  OsHarness env;
  int hangups = 0;
  const SignalSource source(env.osLoop(), {.on_hangup = [&] { ++hangups; }});
  std::thread other([] { ::kill(::getpid(), SIGHUP); });
  EXPECT_TRUE(env.runUntil([&] { return hangups == 1; }));
  other.join();
}

TEST(ProcessInfo, IsPlausible) {
  OsHarness env;
  env.work(std::chrono::milliseconds(20));
  const ProcessInfo info = readProcessInfo();
  EXPECT_GE(info.cpu_time, std::chrono::milliseconds(10));
  EXPECT_LT(info.cpu_time, std::chrono::hours(1));
  const Duration age = env.clock().wall().since_epoch - info.start_time.since_epoch;
  EXPECT_GT(age, std::chrono::seconds(-2)) << "the system tells the time of its start in whole seconds";
  EXPECT_LT(age, std::chrono::hours(1));
  EXPECT_GT(info.resident_bytes, 1'000'000U);
  EXPECT_GT(info.virtual_bytes, info.resident_bytes);
  EXPECT_GE(info.threads, 1U);
  EXPECT_GT(info.max_fds, info.open_fds);
}

TEST(ProcessInfo, CountsDescriptors) {
  const std::uint64_t before = readProcessInfo().open_fds;
  const UniqueFd one(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  EXPECT_EQ(readProcessInfo().open_fds, before + 1);
}

TEST(ProcessInfo, UsableThreadsIsWithinTheMachine) {
  EXPECT_GE(usableThreads(), 1U);
  EXPECT_LE(usableThreads(), std::thread::hardware_concurrency());
}

struct QuotaRow {
  std::int64_t quota_us;
  std::int64_t period_us;
  unsigned expected;
};

TEST(ProcessInfo, QuotaBecomesWholeProcessors) {
  constexpr QuotaRow kRows[] = {{-1, 100'000, 0},      {0, 0, 0},
                                {100'000, 100'000, 1}, {50'000, 100'000, 1},
                                {250'000, 100'000, 2}, {400'000, 100'000, 4}};
  for (const QuotaRow& row : kRows) EXPECT_EQ(processorsOfQuota(row.quota_us, row.period_us), row.expected);
}

TEST(ProcessInfo, RaisesTheDescriptorLimit) {
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
  rlimit lowered = before;
  lowered.rlim_cur = before.rlim_max / 2;
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &lowered), 0);
  EXPECT_EQ(raiseDescriptorLimit(), before.rlim_max);
  EXPECT_EQ(readProcessInfo().max_fds, before.rlim_max);
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &before), 0);
}

}  // namespace
}  // namespace lb::os
