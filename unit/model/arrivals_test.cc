// Arrival times: regular ones and Poisson ones, changing rates, bursts.
#include "sim/model/arrivals.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace sim::model {
namespace {

using namespace std::chrono_literals;
using Kind = Arrivals::Kind;

std::vector<Duration> all(const Arrivals& plan, std::uint64_t seed = 3) {
  Prng chance(seed);
  ArrivalSource source(plan);
  std::vector<Duration> times;
  for (Duration at = source.next(chance); at != ArrivalSource::kNever; at = source.next(chance)) times.push_back(at);
  return times;
}

std::size_t between(const std::vector<Duration>& times, Duration from, Duration to) {
  return static_cast<std::size_t>(std::ranges::count_if(times, [&](Duration at) { return at >= from && at < to; }));
}

TEST(Arrivals, ComeRegularly) {
  const auto times = all({.kind = Kind::Regular, .rate = {{0s, 10}}, .end = 1s});
  ASSERT_EQ(times.size(), 9U);
  for (std::size_t i = 0; i < times.size(); ++i) EXPECT_EQ(times[i], 100ms * (i + 1));
}

TEST(Arrivals, FollowTheLinesBetweenThePointsAndJumps) {
  // 0 to 20 a second in 10 s: 100. Then 50 a second for 10 s: 500. Then nothing.
  const Arrivals plan{.kind = Kind::Regular, .rate = {{0s, 0}, {10s, 20}, {10s, 50}, {20s, 50}, {20s, 0}}, .end = 100s};
  const auto times = all(plan);
  EXPECT_TRUE(std::ranges::is_sorted(times));
  EXPECT_NEAR(static_cast<double>(between(times, 0s, 5s)), 25, 1);
  EXPECT_NEAR(static_cast<double>(between(times, 0s, 10s)), 100, 1);
  EXPECT_NEAR(static_cast<double>(between(times, 10s, 20s)), 500, 1);
  EXPECT_EQ(between(times, 20s + 1ns, 100s), 0U);
  EXPECT_DOUBLE_EQ(plan.rateAt(5s), 10);
  EXPECT_DOUBLE_EQ(plan.rateAt(15s), 50);
  EXPECT_DOUBLE_EQ(plan.rateAt(30s), 0);
}

TEST(Arrivals, OfPoissonAreAsManyAndAsIrregularAsTheLawSays) {
  const auto times = all({.rate = {{0s, 100}}, .end = 1000s});
  EXPECT_NEAR(static_cast<double>(times.size()), 100'000, 4 * std::sqrt(100'000));
  double squares = 0;
  for (int second = 0; second < 1000; ++second) {
    const double off = static_cast<double>(between(times, second * 1s, (second + 1) * 1s)) - 100;
    squares += off * off;
  }
  EXPECT_NEAR(squares / 1000, 100, 4 * 100 * std::sqrt(2.0 / 1000));  // the variance of a count is its mean
}

TEST(Arrivals, HaveBurstsOnTop) {
  const auto times = all({.kind = Kind::Regular, .rate = {{0s, 1}}, .bursts = {{2500ms, 7}, {4s, 2}}, .end = 6s});
  EXPECT_EQ(times.size(), 5U + 9U);
  EXPECT_EQ(between(times, 2500ms, 2500ms + 1ns), 7U);
  EXPECT_EQ(between(times, 4s, 4s + 1ns), 3U);
  EXPECT_TRUE(std::ranges::is_sorted(times));
  EXPECT_EQ(all({.rate = {}, .bursts = {{1s, 3}}}).size(), 3U);
}

TEST(Arrivals, SayWhyTheyAreNoPlan) {
  EXPECT_NE((Arrivals{.rate = {}}).problem(), "");
  EXPECT_NE((Arrivals{.rate = {{0s, -1}}}).problem(), "");
  EXPECT_NE((Arrivals{.rate = {{2s, 1}, {1s, 1}}}).problem(), "");
  EXPECT_NE((Arrivals{.rate = {}, .bursts = {{2s, 1}, {1s, 1}}}).problem(), "");
  EXPECT_EQ((Arrivals{.rate = {{0s, 1}}}).problem(), "");
}

}  // namespace
}  // namespace sim::model
