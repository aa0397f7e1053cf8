// Where in a scenario file something stands.
#include "sim/plan/json_place.h"

#include <gtest/gtest.h>

namespace sim::plan {
namespace {

constexpr std::string_view kFile = R"( {
 "seed": 1, "families": ["a", "b,]}\"", "c"],
 "network" : {"window": 7, "latency": {}},
 "clients": [
  {"requests": []},
  {"start": -1.5e3,
   "requests": [{"id": 1}, {"id": 2,
     "method":"GET"}]}
 ]
})";

TEST(JsonPlace, IsThatOfTheMemberOrOfWhatIsAroundIt) {
  struct Row {
    std::string_view path;
    const char* expected;
  };
  const Row rows[] = {
      {"", "1:2"},
      {"/", "1:2"},
      {"/seed", "2:2"},
      {"/families", "2:13"},
      {"/families/0", "2:26"},
      {"/families/1", "2:31"},
      {"/families/2", "2:41"},
      {"/families/3", "2:13"},
      {"/network", "3:2"},
      {"/network/window", "3:15"},
      {"/network/latency", "3:28"},
      {"/network/latency/x", "3:28"},
      {"/network/jitter", "3:2"},
      {"/clients/0", "5:3"},
      {"/clients/0/requests/0", "5:4"},
      {"/clients/1/start", "6:4"},
      {"/clients/1/requests/1/method", "8:6"},
      {"/clients/1/requests/1/answer/status", "7:28"},
      {"/clients/7/requests", "4:2"},
      {"/seed/below", "2:2"},
      {"/faults/0", "1:2"},
  };
  for (const Row& row : rows) EXPECT_EQ(placeOf(kFile, row.path), row.expected) << row.path;
}

TEST(JsonPlace, EveryLineBeginsWithColumnOne) {
  EXPECT_EQ(placeOf("ab\nc", std::size_t{0}), "1:1");
  EXPECT_EQ(placeOf("ab\nc", std::size_t{2}), "1:3");
  EXPECT_EQ(placeOf("ab\nc", std::size_t{3}), "2:1");
  EXPECT_EQ(placeOf("ab\nc", std::size_t{99}), "2:2");
}

}  // namespace
}  // namespace sim::plan
