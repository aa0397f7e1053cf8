// What may be sent again, at a time and over time.
#include "lb/back/retry_budget.h"

#include <gtest/gtest.h>

namespace lb::back {
namespace {

using namespace std::chrono_literals;

MonoTime at(Duration time) {
  return {time};
}

TEST(RetryBudget, ShareOfTheRequestsUnderWay) {
  RetryBudget budget;
  const config::RetryBudget settings{.percent = 20, .min_concurrency = 3};
  for (int i = 0; i < 100; ++i) budget.requestBegins(settings.percent);
  for (int i = 0; i < 20; ++i) EXPECT_TRUE(budget.take(settings, at(1s))) << i;
  EXPECT_FALSE(budget.take(settings, at(1s)));
  budget.retryEnds();
  EXPECT_TRUE(budget.take(settings, at(1s)));
  EXPECT_EQ(budget.retriesUnderWay(), 20U);
}

TEST(RetryBudget, FewRequestsMayHaveTheMinimum) {
  RetryBudget budget;
  const config::RetryBudget settings{.percent = 20, .min_concurrency = 3};
  budget.requestBegins(settings.percent);
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(budget.take(settings, at(1s)));
  EXPECT_FALSE(budget.take(settings, at(1s)));
}

TEST(RetryBudget, OverTimeNoMoreIsSentAgainThanTheShare) {
  RetryBudget budget;
  const config::RetryBudget settings{.percent = 20, .min_concurrency = 1};
  std::size_t resent = 0;
  constexpr int kRequests = 10'000;
  for (int i = 0; i < kRequests; ++i) {  // each fails at once, in ten seconds
    budget.requestBegins(settings.percent);
    if (budget.take(settings, at(1s + i * 1ms))) {
      ++resent;
      budget.retryEnds();
    }
    budget.requestEnds();
  }
  const std::size_t saved = RetryBudget::kSaved * 2;
  EXPECT_LE(resent, kRequests / 5 + 10 + saved);
  EXPECT_GE(resent, kRequests / 5U);
}

TEST(RetryBudget, NothingIsSentAgainForNothing) {
  RetryBudget budget;
  for (int i = 0; i < 1000; ++i) budget.requestBegins(0);
  EXPECT_FALSE(budget.take({.percent = 0, .min_concurrency = 0}, at(1h)));
}

}  // namespace
}  // namespace lb::back
