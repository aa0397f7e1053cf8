// The last word of a process that dies.
#include "sim/report/crash_guard.h"

#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <ctime>

#include "lb/base/check.h"
#include "sim/report/hang_watch.h"

namespace sim::report {
namespace {

// Whoever is guarded says so and leaves with a code of his own.
void guarded(void (*work)()) {
  const CrashGuard guard([](int signal) {
    std::fprintf(stderr, "last word on %d\n", signal);
    std::_Exit(72);
  });
  work();
  std::_Exit(0);
}

TEST(CrashGuardDeathTest, HearsOfABrokenInvariantAndOfBadMemory) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(guarded([] { LB_CHECK(std::getenv("NOBODY SETS THIS") != nullptr); }), testing::ExitedWithCode(72),
              "last word on 6");
  EXPECT_EXIT(guarded([] { std::raise(SIGSEGV); }), testing::ExitedWithCode(72), "last word on 11");
  EXPECT_EXIT(guarded([] {}), testing::ExitedWithCode(0), "");
}

TEST(CrashGuardDeathTest, WhoCrashesInHisLastWordDiesOfIt) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(
      {
        const CrashGuard guard([](int) { std::abort(); });
        std::raise(SIGSEGV);
      },
      testing::KilledBySignal(SIGABRT), "");
}

TEST(CrashGuardDeathTest, IsOverWhenTheGuardIsGone) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(
      {
        {
          const CrashGuard guard([](int) { std::_Exit(72); });
        }
        std::raise(SIGABRT);
      },
      testing::KilledBySignal(SIGABRT), "");
}

TEST(HangWatchDeathTest, EndsWhatDoesNotEnd) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const auto loop = [] {
    const HangWatch watch(std::chrono::seconds(1));
    volatile bool on = true;
    while (on) continue;
  };
  EXPECT_EXIT(guarded(loop), testing::ExitedWithCode(72), "last word on 26");
  EXPECT_EXIT(loop(), testing::KilledBySignal(SIGVTALRM), "") << "a sweep's child has no guard";
}

TEST(HangWatchDeathTest, IsOverWhenTheWatchIsGone) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(guarded([] {
                const auto busy = [] {
                  const std::clock_t end = std::clock() + 12 * CLOCKS_PER_SEC / 10;
                  while (std::clock() < end) continue;
                };
                {
                  const HangWatch watch(std::chrono::seconds(1));
                }
                busy();
              }),
              testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace sim::report
