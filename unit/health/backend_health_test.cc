// What workers and the control side write into one word, and what each reads of it.
#include "lb/back/backend_health.h"

#include <gtest/gtest.h>

namespace lb::back {
namespace {

constexpr BackendHealth::Judging kThree{.consecutive_failures = 3};

bool report(BackendHealth& health, Outcome outcome, const BackendHealth::Judging& judging = kThree) {
  return health.report(health.read().epoch(), outcome, {}, judging);
}

TEST(BackendHealth, ThirdFailureInARowIsNews) {
  BackendHealth health;
  EXPECT_FALSE(report(health, Outcome::Bad));
  EXPECT_FALSE(report(health, Outcome::Bad));
  EXPECT_FALSE(health.read().has(Health::kTripped));
  EXPECT_TRUE(report(health, Outcome::Bad));
  EXPECT_TRUE(health.read().has(Health::kTripped));
  EXPECT_EQ(health.failuresInARow(), 3U);
  EXPECT_FALSE(report(health, Outcome::Bad)) << "told once, and then when as many more have come";
  EXPECT_FALSE(report(health, Outcome::Bad));
  EXPECT_TRUE(report(health, Outcome::Bad));
}

TEST(BackendHealth, SuccessEndsTheRowAndNothingDoesNot) {
  BackendHealth health;
  EXPECT_FALSE(report(health, Outcome::Bad));
  EXPECT_FALSE(report(health, Outcome::Bad));
  EXPECT_FALSE(report(health, Outcome::Good));
  EXPECT_EQ(health.failuresInARow(), 0U);
  EXPECT_FALSE(report(health, Outcome::Bad));
  EXPECT_FALSE(report(health, Outcome::Nothing));
  EXPECT_FALSE(report(health, Outcome::Bad));
  EXPECT_TRUE(report(health, Outcome::Bad));
}

TEST(BackendHealth, OffMeansNoNews) {
  BackendHealth health;
  for (int i = 0; i < 20; ++i) EXPECT_FALSE(report(health, Outcome::Bad, {}));
}

TEST(BackendHealth, WhatBeganBeforeTheEpochDoesNotCount) {
  BackendHealth health;
  const std::uint32_t before = health.read().epoch();
  static_cast<void>(health.change({.new_epoch = true}));
  for (int i = 0; i < 3; ++i) EXPECT_FALSE(health.report(before, Outcome::Bad, {}, kThree));
  EXPECT_EQ(health.failuresInARow(), 0U);
}

TEST(BackendHealth, OneRequestOnProbation) {
  BackendHealth health;
  static_cast<void>(health.change({.set = Health::kHalfOpen, .new_epoch = true}));
  EXPECT_TRUE(health.read().usable(false));
  const auto first = health.admit();
  EXPECT_TRUE(first.admitted && first.took);
  EXPECT_FALSE(health.read().usable(false));
  EXPECT_FALSE(health.admit().admitted);
  EXPECT_TRUE(report(health, Outcome::Nothing)) << "given up: the next one may";
  EXPECT_TRUE(health.admit().took);
  EXPECT_TRUE(report(health, Outcome::Good));
  EXPECT_TRUE(health.read().has(Health::kProbePassed));
  EXPECT_FALSE(report(health, Outcome::Bad)) << "the first answer decides";
  EXPECT_FALSE(health.read().has(Health::kProbeFailed));
}

// An error is an answer: the backend lives. Whether its users are served is what success_percent asks for.
TEST(BackendHealth, AnErrorEndsARowAndIsNoSuccess) {
  BackendHealth health;
  for (const Outcome outcome : {Outcome::Bad, Outcome::Bad, Outcome::Error, Outcome::Bad, Outcome::Bad}) {
    EXPECT_FALSE(report(health, outcome));
  }
  const BackendHealth::Judging success{.success = true, .windows = true};
  EXPECT_FALSE(report(health, Outcome::Error, success));
  EXPECT_EQ(health.totals().bad, 1U);
  EXPECT_FALSE(report(health, Outcome::Error, {.windows = true})) << "latency alone is judged";
  EXPECT_EQ(health.totals().good, 1U);
  EXPECT_EQ(health.totals().timed, 0U) << "an error may be quick";
  for (const bool held_against_it : {true, false}) {
    BackendHealth asked;
    static_cast<void>(asked.change({.set = Health::kHalfOpen}));
    ASSERT_TRUE(asked.admit().took);
    EXPECT_TRUE(report(asked, Outcome::Error, {.success = held_against_it}));
    EXPECT_EQ(asked.read().has(Health::kProbeFailed), held_against_it);
    EXPECT_EQ(asked.read().has(Health::kProbePassed), !held_against_it);
  }
}

TEST(BackendHealth, EveryReasonAgainstItCountsByItself) {
  struct Row {
    std::uint32_t bits;
    HealthState state;
    bool usable;
  };
  for (const Row& row :
       {Row{0, HealthState::Up, true}, Row{Health::kHalfOpen, HealthState::HalfOpen, true},
        Row{Health::kHalfOpen | Health::kProbing, HealthState::HalfOpen, false},
        Row{Health::kEjected, HealthState::Ejected, false}, Row{Health::kDown, HealthState::Down, false},
        Row{Health::kDown | Health::kEjected, HealthState::Down, false},
        Row{Health::kDrained | Health::kDown, HealthState::Drained, false}}) {
    EXPECT_EQ(Health(row.bits).state(), row.state) << row.bits;
    EXPECT_EQ(Health(row.bits).usable(false), row.usable) << row.bits;
  }
  EXPECT_FALSE(Health(Health::kUnseen).usable(true)) << "down until checks have passed";
  EXPECT_TRUE(Health(Health::kUnseen).usable(false));
}

TEST(BackendHealth, WindowsAreCountedWhereTheyAreWanted) {
  BackendHealth health;
  static_cast<void>(report(health, Outcome::Good));
  EXPECT_EQ(health.totals().good, 0U);
  const BackendHealth::Judging windows{.windows = true};
  static_cast<void>(health.report(0, Outcome::Good, std::chrono::milliseconds(3), windows));
  static_cast<void>(health.report(0, Outcome::Good, Duration::min(), windows));  // not known
  static_cast<void>(health.report(0, Outcome::Bad, std::chrono::milliseconds(9), windows));
  EXPECT_EQ(health.totals().good, 2U);
  EXPECT_EQ(health.totals().bad, 1U);
  EXPECT_EQ(health.totals().timed, 1U);
  EXPECT_EQ(health.totals().nanoseconds, 3'000'000U);
}

constexpr Health kUp{0};
constexpr Health kOut{Health::kEjected};
constexpr Health kOnProbation{Health::kHalfOpen};

UsableCount of(std::size_t usable, std::size_t hosts) {
  UsableCount count;
  for (std::size_t i = 0; i < hosts; ++i) count.add(false, i < usable ? kUp : kOut, false);
  return count;
}

TEST(Panic, LessThanTheThreshold) {
  EXPECT_FALSE(of(0, 0).panics(50));
  EXPECT_TRUE(of(0, 1).panics(1));
  EXPECT_FALSE(of(1, 2).panics(50));
  EXPECT_TRUE(of(1, 3).panics(50));
  EXPECT_FALSE(of(0, 3).panics(0));
  EXPECT_TRUE(of(2, 3).panics(100));
  EXPECT_FALSE(of(3, 3).panics(100));
}

TEST(Panic, BackupsThatStandInAreEnough) {
  UsableCount count = of(0, 3);
  count.add(true, kUp, false);
  EXPECT_FALSE(count.panics(100));
  count = of(1, 3);
  count.add(true, kUp, false);
  EXPECT_TRUE(count.panics(50)) << "hosts come first, and they are too few";
  count = of(0, 3);
  count.add(true, kOut, false);
  EXPECT_TRUE(count.panics(50));
  UsableCount backups;
  backups.add(true, kUp, false);
  backups.add(true, kOut, false);
  EXPECT_FALSE(backups.panics(50));
  EXPECT_TRUE(backups.panics(60));
}

TEST(Panic, WhoHasNeverBeenUpIsNotForIt) {
  UsableCount count = of(1, 1);
  for (int i = 0; i < 3; ++i) count.add(false, Health(Health::kDown | Health::kNeverUp), false);
  count.add(false, Health(Health::kUnseen), true);
  EXPECT_FALSE(count.panics(100));
  EXPECT_EQ(count.usable(), 1U);
  EXPECT_EQ(count.all(), 5U);
}

// Or all users would get to the hosts that are out the moment when one of them is tried again.
TEST(Panic, OneOnProbationDoesNotEndTheBackupsTurn) {
  UsableCount count = of(0, 2);
  count.add(false, kOnProbation, false);
  EXPECT_FALSE(count.panics(33)) << "it counts as long as nobody is on it";
  EXPECT_TRUE(count.panics(50));
  count.add(true, kUp, false);
  EXPECT_FALSE(count.panics(100));
  count.add(false, kUp, false);
  EXPECT_TRUE(count.panics(100)) << "hosts come first, and they are too few";
}

}  // namespace
}  // namespace lb::back
