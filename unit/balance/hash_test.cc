// Equal keys stay together, shares are even, and little moves when a backend comes or goes.
#include <algorithm>
#include <array>
#include <set>
#include <vector>

#include "lb/balance/hash_pick.h"
#include "lb/base/random_util.h"
#include "unit/balance/fleet.h"

namespace lb::balance {
namespace {

std::vector<MaglevHost> hosts(std::size_t count, std::size_t gone = 0) {
  std::vector<MaglevHost> made;
  for (std::size_t i = gone; i < count; ++i) made.push_back({mixed(77'000 + i), 1});
  return made;
}

std::vector<std::uint64_t> shares(const Maglev& table, std::size_t hosts) {
  std::vector<std::uint64_t> counts(hosts);
  for (std::uint64_t place = 0; place < table.places(); ++place) ++counts[table.at(place)];
  return counts;
}

// The same table the long way: every round looks at every host.
std::vector<std::uint32_t> byLookingAtAll(const std::vector<MaglevHost>& hosts, std::uint64_t places) {
  constexpr std::uint32_t kFree = 0xffffffff;
  std::vector<std::uint32_t> order(hosts.size());
  for (std::uint32_t i = 0; i < order.size(); ++i) order[i] = i;
  std::ranges::stable_sort(order, {}, [&](std::uint32_t i) { return hosts[i].id; });
  const std::uint64_t heaviest = std::ranges::max(hosts, {}, &MaglevHost::weight).weight;
  std::vector<std::uint64_t> place(hosts.size());
  std::vector<std::uint64_t> turns(hosts.size());
  for (std::size_t i = 0; i < hosts.size(); ++i) place[i] = mixed(hosts[i].id) % places;
  std::vector<std::uint32_t> table(places, kFree);
  std::uint64_t taken = 0;
  for (std::uint64_t round = 1; taken < places; ++round) {
    for (const std::uint32_t i : order) {
      if (taken == places || round * hosts[i].weight < (turns[i] + 1) * heaviest) continue;
      const std::uint64_t step = mixed(hosts[i].id ^ 0x9e3779b97f4a7c15U) % (places - 1) + 1;
      while (table[place[i]] != kFree) place[i] = (place[i] + step) % places;
      table[place[i]] = i;
      ++turns[i];
      ++taken;
    }
  }
  return table;
}

void expectThePlainTable(const std::vector<MaglevHost>& hosts) {
  Maglev table;
  table.build(hosts);
  const std::vector<std::uint32_t> expected = byLookingAtAll(hosts, table.places());
  for (std::uint64_t i = 0; i < expected.size(); ++i) {
    ASSERT_EQ(table.at(i), expected[i]) << "place " << i << " of " << hosts.size() << " hosts";
  }
}

TEST(Maglev, TableIsThatOfThePlainRounds) {
  FixedSeed random;
  constexpr std::array<std::uint32_t, 4> kFarApart{0, 1, 1, 1000};
  for (int i = 0; i < 24; ++i) {
    std::vector<MaglevHost> some(below(random, 30) + 1);
    for (MaglevHost& host : some) {
      const std::uint32_t any = static_cast<std::uint32_t>(below(random, i % 4 == 1 ? 10U : 1'000'000U)) + 1;
      host = {random.next(), i % 2 == 0 ? kFarApart[below(random, kFarApart.size())] : any};
    }
    some.front().weight = std::max(some.front().weight, 1U);  // one has a share
    expectThePlainTable(some);
    if (testing::Test::HasFailure()) return;
  }
}

TEST(Maglev, TableIsThatOfThePlainRoundsForManyHosts) {
  FixedSeed random;
  for (const std::uint64_t heaviest : {1U, 3U, 1000U}) {
    std::vector<MaglevHost> many = hosts(700);
    for (MaglevHost& host : many) host.weight = static_cast<std::uint32_t>(below(random, heaviest)) + 1;
    expectThePlainTable(many);
  }
  std::vector<MaglevHost> light = hosts(100);
  light[70].weight = 1000;  // takes ten of eleven rounds alone
  expectThePlainTable(light);
}

TEST(Maglev, SharesDifferByOnePlaceAtMost) {
  for (const std::size_t count : {1U, 2U, 7U, 100U}) {
    Maglev table;
    table.build(hosts(count));
    EXPECT_EQ(table.places(), 65'537U);
    const auto [least, most] = std::ranges::minmax(shares(table, count));
    EXPECT_LE(most - least, 1U) << count;
  }
}

TEST(Maglev, ManyHostsGetALargerTable) {
  Maglev table;
  table.build(hosts(1000));
  EXPECT_EQ(table.places(), 655'373U);
  const auto [least, most] = std::ranges::minmax(shares(table, 1000));
  EXPECT_LE(most - least, 1U);
}

TEST(Maglev, SharesFollowWeights) {
  Maglev table;
  table.build(std::vector<MaglevHost>{{1, 1}, {2, 2}});
  const std::vector<std::uint64_t> counts = shares(table, 2);
  EXPECT_NEAR(static_cast<double>(counts[0]), 21'846, 1);  // Envoy's documentation has the same two numbers
  EXPECT_NEAR(static_cast<double>(counts[1]), 43'691, 1);
}

TEST(Maglev, OrderOfHostsMakesNoDifference) {
  std::vector<MaglevHost> some = hosts(10);
  some[3].weight = 5;
  Maglev table;
  table.build(some);
  std::vector<MaglevHost> reversed(some.rbegin(), some.rend());
  Maglev other;
  other.build(reversed);
  for (std::uint64_t place = 0; place < table.places(); ++place)
    ASSERT_EQ(some[table.at(place)].id, reversed[other.at(place)].id);
}

// The share that has to move, and a little more: the figures of guide and paper for n = 100.
TEST(Maglev, LittleMovesWhenHostsGo) {
  struct Row {
    std::size_t gone;
    double expected;
  };
  for (const Row& row : {Row{1, 0.0159}, Row{10, 0.1115}, Row{20, 0.2113}}) {
    Maglev before;
    before.build(hosts(100));
    Maglev after;
    after.build(hosts(100, row.gone));
    std::uint64_t moved = 0;
    for (std::uint64_t place = 0; place < before.places(); ++place)
      moved += before.at(place) != after.at(place) + row.gone ? 1 : 0;
    EXPECT_NEAR(static_cast<double>(moved) / static_cast<double>(before.places()), row.expected, 0.004) << row.gone;
  }
}

TEST(HashPick, EqualKeysStayTogether) {
  FixedSeed random;
  HashPick policy(random, 0);
  Fleet fleet(std::size_t{5});
  std::set<std::size_t> seen;
  for (std::uint64_t key = 0; key < 100; ++key) {
    const std::size_t first = fleet.pick(policy, {.key = mixed(key)});
    for (int i = 0; i < 5; ++i) EXPECT_EQ(fleet.pick(policy, {.key = mixed(key)}), first);
    seen.insert(first);
  }
  EXPECT_EQ(seen.size(), 5U);
  EXPECT_EQ(random.draws, 0U);
}

TEST(HashPick, WhatHasNoKeyIsDrawn) {
  FixedSeed random;
  HashPick policy(random, 0);
  EXPECT_LT(chiSquare(Fleet(10).count(policy, 100'000), std::vector<double>(10, 10'000)), 46.0);
}

// Those of a backend that is not wanted spread over the others, each always to the same one.
TEST(HashPick, KeysWithoutTheirBackendStayTogether) {
  FixedSeed random;
  HashPick policy(random, 0);
  Fleet fleet(std::size_t{4});
  const std::vector<std::size_t> without{2};
  std::set<std::size_t> seen;
  for (std::uint64_t key = 0; key < 400; ++key) {
    const Ask ask{.key = mixed(key), .without = without};
    const std::size_t usual = fleet.pick(policy, {.key = ask.key});
    const std::size_t other = fleet.pick(policy, ask);
    EXPECT_EQ(fleet.pick(policy, ask), other);
    if (usual != 2) {
      EXPECT_EQ(other, usual);
      continue;
    }
    seen.insert(other);
  }
  EXPECT_EQ(seen, (std::set<std::size_t>{0, 1, 3}));
}

TEST(HashPick, NobodyGetsMoreThanTheBound) {
  FixedSeed random;
  HashPick policy(random, 125);
  Fleet fleet(std::size_t{4});
  for (std::uint32_t i = 1; i <= 1000; ++i) {
    const std::size_t pick = fleet.pick(policy, {.key = mixed(5)});  // everybody asks for the same
    ++fleet.inflight(pick);
    EXPECT_LE(fleet.inflight(pick), (i * 125 + 399) / 400);
  }
  EXPECT_GT(fleet.inflight(fleet.pick(policy, {.key = mixed(5)})), 0U);
}

TEST(HashPick, BoundFollowsWeights) {
  FixedSeed random;
  HashPick policy(random, 110);
  Fleet fleet({1, 3});
  for (std::uint32_t i = 1; i <= 400; ++i) ++fleet.inflight(fleet.pick(policy, {.key = mixed(i)}));
  EXPECT_LE(fleet.inflight(0), 110U);
  EXPECT_LE(fleet.inflight(1), 330U);
}

}  // namespace
}  // namespace lb::balance
