// Which settings a checker can work by.
#include "lb/health/check_settings.h"

#include <gtest/gtest.h>

namespace lb::health {
namespace {

struct Row {
  const char* name;
  void (*change)(CheckSettings&);
  const char* problem;
};

const Row kRows[] = {
    {"the defaults", [](CheckSettings&) {}, ""},
    {"no pause", [](CheckSettings& one) { one.interval = Duration::zero(); }, "no interval"},
    {"no pause while down", [](CheckSettings& one) { one.down_interval = Duration(-1); }, "no interval"},
    {"the shortest pause", [](CheckSettings& one) { one.interval = Duration(1); }, ""},
    {"no time", [](CheckSettings& one) { one.timeout = Duration::zero(); }, "no timeout"},
    {"never falls", [](CheckSettings& one) { one.fall = 0; }, "fall and rise are at least 1"},
    {"never rises", [](CheckSettings& one) { one.rise = 0; }, "fall and rise are at least 1"},
    {"all of the interval is jitter", [](CheckSettings& one) { one.jitter_percent = 100; }, ""},
    {"more than that", [](CheckSettings& one) { one.jitter_percent = 101; }, "a jitter of more than 100 %"},
    {"nothing is right", [](CheckSettings& one) { one.expect.clear(); }, "no status is expected"},
    {"no path", [](CheckSettings& one) { one.path = ""; }, "not a path"},
    {"a path with a second line", [](CheckSettings& one) { one.path = "/\r\nX: y"; }, "not a path"},
    {"a path with a space", [](CheckSettings& one) { one.path = "/a b"; }, "not a path"},
    {"a host with a second line", [](CheckSettings& one) { one.host = "a\r\nX: y"; }, "not a host"},
    {"an ordinary host", [](CheckSettings& one) { one.host = "shop.test:8080"; }, ""},
};

TEST(CheckSettings, SayWhatIsWrongWithThem) {
  for (const Row& row : kRows) {
    CheckSettings settings;
    row.change(settings);
    EXPECT_EQ(problem(settings), row.problem) << row.name;
  }
}

TEST(CheckSettings, OfATcpCheckHaveNoRequest) {
  EXPECT_EQ(problem({.kind = CheckKind::Tcp, .path = "", .expect = {}}), "");
  EXPECT_EQ(problem({.kind = CheckKind::Tcp, .timeout = Duration::zero()}), "no timeout");
}

}  // namespace
}  // namespace lb::health
