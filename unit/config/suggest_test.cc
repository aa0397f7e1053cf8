// "Did you mean".
#include "lb/config/suggest.h"

#include <gtest/gtest.h>

#include <array>

namespace lb::config {
namespace {

struct DistanceRow {
  const char* left;
  const char* right;
  std::size_t expected;
};

TEST(Suggest, DistanceCountsSlipsOfTheFingers) {
  constexpr std::array<DistanceRow, 9> kRows{{{"", "", 0},
                                              {"port", "port", 0},
                                              {"port", "PORT", 0},
                                              {"", "port", 4},
                                              {"prt", "port", 1},
                                              {"ports", "port", 1},
                                              {"pxrt", "port", 1},
                                              {"oprt", "port", 1},
                                              {"kitten", "sitting", 3}}};
  for (const DistanceRow& row : kRows) {
    EXPECT_EQ(editDistance(row.left, row.right), row.expected) << row.left << " " << row.right;
    EXPECT_EQ(editDistance(row.right, row.left), row.expected) << row.right << " " << row.left;
  }
}

constexpr std::array<std::string_view, 5> kKnown{"address", "port", "timeouts", "max_headers", "max_header_bytes"};

TEST(Suggest, NearestWordIsMeant) {
  EXPECT_EQ(suggest("adress", kKnown), "address");
  EXPECT_EQ(suggest("addr", kKnown), "address");
  EXPECT_EQ(suggest("tiemout", kKnown), "timeouts");
  EXPECT_EQ(suggest("max_header", kKnown), "max_headers");
  EXPECT_EQ(suggest("Port", kKnown), "port");
}

TEST(Suggest, FarWordsAreNotMeant) {
  EXPECT_EQ(suggest("", kKnown), std::nullopt);
  EXPECT_EQ(suggest("weight", kKnown), std::nullopt);
  EXPECT_EQ(suggest("drain", std::array<std::string_view, 1>{"domain"}), std::nullopt);
  EXPECT_EQ(suggest("ad", kKnown), std::nullopt);
  EXPECT_EQ(suggest(std::string(10'000, 'p'), kKnown), std::nullopt);
}

}  // namespace
}  // namespace lb::config
