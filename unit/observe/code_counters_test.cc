// Sparse counters keep every key apart and may be read while they grow.
#include "lb/observe/code_counters.h"

#include <gtest/gtest.h>

#include <map>
#include <tuple>
#include <vector>

namespace lb::observe {
namespace {

TEST(SparseCounters, CountEachKeyByItself) {
  SparseCounters counters;
  counters.add(7);
  counters.add(9, 5);
  counters.add(7, 2);
  std::vector<std::pair<std::uint32_t, std::uint64_t>> seen;
  counters.forEach([&](std::uint32_t key, std::uint64_t value) { seen.emplace_back(key, value); });
  EXPECT_EQ(seen, (std::vector<std::pair<std::uint32_t, std::uint64_t>>{{7, 3}, {9, 5}}));
}

TEST(SparseCounters, GrowByChunksAndKeepTheOrderOfFirstUse) {
  constexpr std::uint32_t kKeys = 100;  // several chunks
  SparseCounters counters;
  for (int round = 0; round < 3; ++round) {
    for (std::uint32_t key = 0; key < kKeys; ++key) counters.add(1000 - key);
  }
  std::uint32_t next = 0;
  counters.forEach([&](std::uint32_t key, std::uint64_t value) {
    EXPECT_EQ(key, 1000 - next);
    EXPECT_EQ(value, 3U);
    ++next;
  });
  EXPECT_EQ(next, kKeys);
}

TEST(RequestCounters, KeepMethodCodeAndOriginApart) {
  using Key = std::tuple<http::Method, std::uint16_t, Origin>;
  const std::vector<Key> keys{{http::Method::Get, 200, Origin::Backend},   {http::Method::Get, 200, Origin::Proxy},
                              {http::Method::Other, 200, Origin::Backend}, {http::Method::Get, 65535, Origin::Proxy},
                              {http::Method::Other, 0, Origin::Proxy},     {http::Method::Head, 0, Origin::Backend}};
  RequestCounters counters;
  std::uint64_t times = 1;
  std::map<Key, std::uint64_t> expected;
  for (const auto& [method, code, origin] : keys) {
    expected[{method, code, origin}] = times;
    for (std::uint64_t i = 0; i < times; ++i) counters.add(method, code, origin);
    ++times;
  }
  std::map<Key, std::uint64_t> seen;
  counters.forEach([&](http::Method method, std::uint16_t code, Origin origin, std::uint64_t value) {
    seen[{method, code, origin}] = value;
  });
  EXPECT_EQ(seen, expected);
}

TEST(ReasonCounters, KeepCodeAndReasonApart) {
  ReasonCounters counters;
  counters.add(503, Reason::Overloaded);
  counters.add(503, Reason::Draining);
  counters.add(503, Reason::Draining);
  std::map<std::pair<std::uint16_t, Reason>, std::uint64_t> seen;
  counters.forEach([&](std::uint16_t code, Reason reason, std::uint64_t value) { seen[{code, reason}] = value; });
  EXPECT_EQ(seen.size(), 2U);
  EXPECT_EQ((seen[{503, Reason::Overloaded}]), 1U);
  EXPECT_EQ((seen[{503, Reason::Draining}]), 2U);
}

TEST(StatusCounters, CountCodes) {
  StatusCounters counters;
  counters.add(200);
  counters.add(404);
  counters.add(200);
  std::map<std::uint16_t, std::uint64_t> seen;
  counters.forEach([&](std::uint16_t code, std::uint64_t value) { seen[code] = value; });
  EXPECT_EQ(seen, (std::map<std::uint16_t, std::uint64_t>{{200, 2}, {404, 1}}));
}

}  // namespace
}  // namespace lb::observe
