// Rates against a bucket of tokens that is kept the long way.
#include "lb/back/rate_table.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <random>
#include <string>

#include "lb/config/bounds.h"

namespace lb::back {
namespace {

using namespace std::chrono_literals;

MonoTime at(Duration time) {
  return {time};
}

TEST(RateTable, BurstAndThenTheRate) {
  RateTable table(1);
  const config::RateLimit limit{.rate = 10, .burst = 3, .key = {}, .name = {}};
  for (int i = 0; i < 3; ++i) EXPECT_EQ(table.ask("a", limit, at(1s)), 0ms);
  EXPECT_EQ(table.ask("a", limit, at(1s)), 100ms);
  EXPECT_EQ(table.ask("a", limit, at(1099ms)), 1ms);
  EXPECT_EQ(table.ask("a", limit, at(1100ms)), 0ms);
  EXPECT_GT(table.ask("a", limit, at(1100ms)), 0ms);
  EXPECT_EQ(table.ask("b", limit, at(1100ms)), 0ms) << "another key";
  for (int i = 0; i < 3; ++i) EXPECT_EQ(table.ask("a", limit, at(10s)), 0ms);
  EXPECT_GT(table.ask("a", limit, at(10s)), 0ms) << "no more is saved up than the burst";
}

TEST(RateTable, AgreesWithABucketOfTokens) {
  RateTable table(7);
  std::mt19937_64 draw(20'261'124);
  const config::RateLimit limit{.rate = 50, .burst = 5, .key = {}, .name = {}};
  struct Bucket {
    std::int64_t tokens = 5 * 20'000'000;  // of 20 ms each
    std::int64_t since = 0;
  };
  std::map<std::string, Bucket> buckets;
  std::int64_t now = 0;
  for (int i = 0; i < 50'000; ++i) {
    now += static_cast<std::int64_t>(draw() % 3'000'000);
    const std::string key = "key" + std::to_string(draw() % 5);
    Bucket& bucket = buckets[key];
    bucket.tokens = std::min<std::int64_t>(5 * 20'000'000, bucket.tokens + now - std::exchange(bucket.since, now));
    const bool allowed = bucket.tokens >= 20'000'000;
    if (allowed) bucket.tokens -= 20'000'000;
    ASSERT_EQ(table.ask(key, limit, at(Duration(now))) == 0ms, allowed) << i;
  }
}

TEST(RateTable, HoldsAtTheBoundsOfTheConfiguration) {
  for (const double rate : {config::kRequestRate.min, config::kRequestRate.max}) {
    for (const std::uint64_t burst : {config::kRateBurst.min, config::kRateBurst.max}) {
      RateTable table(1);
      const config::RateLimit limit{.rate = rate, .burst = static_cast<std::uint32_t>(burst), .key = {}, .name = {}};
      const auto in_a_century = static_cast<std::uint64_t>(rate * 4e9);
      std::uint64_t passed = 0;
      while (passed <= burst && table.ask("a", limit, at(1s)) == 0ms) ++passed;
      EXPECT_EQ(passed, std::min(burst, in_a_century)) << rate;
      const Duration wait = table.ask("a", limit, at(1s));
      EXPECT_GE(wait, 1us) << rate << " " << burst;
      EXPECT_LE(wait, 10'000s) << rate << " " << burst;
      EXPECT_EQ(table.ask("a", limit, at(1s + wait)), 0ms) << rate << " " << burst;
    }
  }
}

// After a reload the table is the same and the limit another.
TEST(RateTable, ASlowerLimitLeavesNoDebtBehind) {
  RateTable table(1);
  const config::RateLimit slow{.rate = 10.0 / 3600, .burst = 100, .key = {}, .name = {}};
  const config::RateLimit quick{.rate = 100, .burst = 100, .key = {}, .name = {}};
  for (int i = 0; i < 100; ++i) ASSERT_EQ(table.ask("a", slow, at(1s)), 0ms);
  EXPECT_EQ(table.ask("a", slow, at(1s)), 360s);
  EXPECT_EQ(table.ask("a", quick, at(1s)), 0ms);
  EXPECT_EQ(table.ask("a", quick, at(1s)), 10ms) << "what it has used up is one burst";
  for (int i = 0; i < 100; ++i) ASSERT_EQ(table.ask("a", quick, at(3s)), 0ms) << i;
}

TEST(RateTable, WorkerThatIsBehindGetsNothingMore) {
  RateTable table(1);
  const config::RateLimit limit{.rate = 10, .burst = 3, .key = {}, .name = {}};
  for (int i = 0; i < 3; ++i) ASSERT_EQ(table.ask("a", limit, at(1s)), 0ms);
  EXPECT_EQ(table.ask("a", limit, at(900ms)), 200ms);
}

TEST(RateTable, ForgetsWhenItIsFullAndNeverRefusesAStranger) {
  RateTable table(3);
  const config::RateLimit limit{.rate = 0.001, .burst = 1, .key = {}, .name = {}};
  for (std::size_t i = 0; i < 4 * RateTable::kKeys; ++i) {
    ASSERT_EQ(table.ask("client" + std::to_string(i), limit, at(1s)), 0ms) << i;
  }
}

}  // namespace
}  // namespace lb::back
