// The policies' promises: uniform and independent, or strictly in turn.
#include "lb/balance/policy.h"

#include <gtest/gtest.h>

#include <random>
#include <vector>

namespace lb::balance {
namespace {

class FixedSeed final : public Random {
 public:
  std::uint64_t next() override { return engine_(); }

 private:
  std::mt19937_64 engine_{20260101};
};

std::vector<const Candidate*> pointersTo(const std::vector<Candidate>& candidates) {
  std::vector<const Candidate*> pointers;
  for (const Candidate& candidate : candidates) pointers.push_back(&candidate);
  return pointers;
}

double chiSquare(const std::vector<std::uint64_t>& counts, double expected) {
  double sum = 0;
  for (const std::uint64_t count : counts)
    sum += (static_cast<double>(count) - expected) * (static_cast<double>(count) - expected) / expected;
  return sum;
}

TEST(RandomPick, IsUniform) {
  FixedSeed random;
  RandomPick policy(random);
  const std::vector<Candidate> candidates(10);
  const auto pointers = pointersTo(candidates);
  std::vector<std::uint64_t> counts(10);
  for (int i = 0; i < 100'000; ++i) ++counts[policy.pick(pointers)];
  EXPECT_LT(chiSquare(counts, 10'000), 46.0);  // false alarm 1e-6 with 9 degrees of freedom
}

TEST(RandomPick, SuccessivePicksAreIndependent) {
  FixedSeed random;
  RandomPick policy(random);
  const std::vector<Candidate> candidates(10);
  const auto pointers = pointersTo(candidates);
  std::vector<std::uint64_t> pairs(100);
  std::size_t before = policy.pick(pointers);
  for (int i = 0; i < 200'000; ++i) {
    const std::size_t now = policy.pick(pointers);
    ++pairs[before * 10 + now];
    before = now;
  }
  EXPECT_LT(chiSquare(pairs, 2'000), 181.1);  // false alarm 1e-6 with 99 degrees of freedom
}

TEST(RoundRobin, TakesEachInTurnFromAnyStart) {
  FixedSeed random;
  RoundRobin policy(random);
  const std::vector<Candidate> candidates(3);
  const auto pointers = pointersTo(candidates);
  const std::size_t first = policy.pick(pointers);
  for (std::size_t i = 1; i <= 9; ++i) EXPECT_EQ(policy.pick(pointers), (first + i) % 3);
}

TEST(RoundRobin, StartsDiffer) {
  FixedSeed random;
  const std::vector<Candidate> candidates(100);
  const auto pointers = pointersTo(candidates);
  std::vector<std::size_t> starts;
  for (int i = 0; i < 5; ++i) starts.push_back(RoundRobin(random).pick(pointers));
  EXPECT_NE(starts, std::vector<std::size_t>(5, starts.front()));
}

TEST(MakePolicy, GivesWhatWasConfigured) {
  FixedSeed random;
  EXPECT_NE(dynamic_cast<RandomPick*>(makePolicy(config::Balance::Random, random).get()), nullptr);
  EXPECT_NE(dynamic_cast<RoundRobin*>(makePolicy(config::Balance::RoundRobin, random).get()), nullptr);
}

}  // namespace
}  // namespace lb::balance
