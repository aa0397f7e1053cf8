// The program's log: how lines look, levels, rotation, and what happens to lines that repeat.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "lb/os/log_format.h"
#include "lb/os/repeat_limiter.h"
#include "lb/os/spdlog_logger.h"
#include "unit/contract/temporary_directory.h"

namespace lb::os {
namespace {

using contract::readLines;
using contract::TemporaryDirectory;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::MatchesRegex;

constexpr const char* kTime = "[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\\.[0-9]{3}Z";

TEST(SpdlogLogger, TextLinesHaveTimeLevelAndMessage) {
  const TemporaryDirectory directory;
  const std::string path = directory.path("lb.log");
  const auto logger = SpdlogLogger::open({.target = path, .level = LogLevel::Trace});
  ASSERT_TRUE(logger.has_value());
  (*logger)->write(LogLevel::Info, "listening");
  (*logger)->write(LogLevel::Error, "said \"{}\"\nand more\x01");
  EXPECT_THAT(readLines(path),
              ElementsAre(MatchesRegex(std::string(kTime) + " info  listening"),
                          MatchesRegex(std::string(kTime) + " error said \"\\{\\}\"\\\\nand more\\\\x01")));
}

TEST(SpdlogLogger, JsonLinesAreOneObjectEach) {
  const TemporaryDirectory directory;
  const std::string path = directory.path("lb.log");
  const auto logger = SpdlogLogger::open({.target = path, .format = LogFormat::Json});
  (*logger)->write(LogLevel::Warn, "said \"hi\"\n");
  EXPECT_THAT(readLines(path),
              ElementsAre(MatchesRegex("\\{\"time\":\"" + std::string(kTime) +
                                       "\",\"level\":\"warn\",\"msg\":\"said \\\\\"hi\\\\\"\\\\n\"\\}")));
}

TEST(SpdlogLogger, LevelsFilterAndCanBeChanged) {
  const TemporaryDirectory directory;
  const std::string path = directory.path("lb.log");
  const auto logger = SpdlogLogger::open({.target = path, .level = LogLevel::Warn});
  EXPECT_FALSE((*logger)->enabled(LogLevel::Info));
  EXPECT_TRUE((*logger)->enabled(LogLevel::Warn));
  EXPECT_FALSE((*logger)->enabled(LogLevel::Off));
  (*logger)->write(LogLevel::Info, "silent");
  (*logger)->setLevel(LogLevel::Debug);
  (*logger)->write(LogLevel::Debug, "heard");
  (*logger)->setLevel(LogLevel::Off);
  (*logger)->write(LogLevel::Error, "silent");
  EXPECT_THAT(readLines(path), ElementsAre(HasSubstr("debug heard")));
}

TEST(SpdlogLogger, FollowsRotation) {
  const TemporaryDirectory directory;
  const std::string path = directory.path("lb.log");
  const auto logger = SpdlogLogger::open({.target = path});
  (*logger)->write(LogLevel::Info, "old");
  std::filesystem::rename(path, path + ".1");
  ASSERT_TRUE((*logger)->reopen().has_value());
  (*logger)->write(LogLevel::Info, "new");
  EXPECT_THAT(readLines(path), ElementsAre(HasSubstr("new")));
}

TEST(SpdlogLogger, UnusableFileIsAnError) {
  EXPECT_FALSE(SpdlogLogger::open({.target = "/no/such/folder/lb.log"}).has_value());
}

struct EscapeRow {
  std::string_view message;
  std::string_view text;
  std::string_view json;
};

TEST(LogFormat, Escapes) {
  using namespace std::string_view_literals;
  constexpr EscapeRow kRows[] = {
      {"plain", "plain", "plain"},
      {"tab\t", "tab\t", "tab\\u0009"},
      {"\r\n", "\\x0d\\n", "\\u000d\\n"},
      {"nul\0."sv, "nul\\x00.", "nul\\u0000."},
      {"\x7f", "\\x7f", "\\u007f"},
      {"\"\\", "\"\\", "\\\"\\\\"},
      {"ü€😀", "ü€😀", "ü€😀"},
      {"\xff", "\xff", "\\ufffd"},
      {"\xc3", "\xc3", "\\ufffd"},                                // cut sequence
      {"\xc0\xaf", "\xc0\xaf", "\\ufffd\\ufffd"},                 // overlong
      {"\xed\xa0\x80", "\xed\xa0\x80", "\\ufffd\\ufffd\\ufffd"},  // surrogate
      {"\xf4\x90\x80\x80x", "\xf4\x90\x80\x80x", "\\ufffd\\ufffd\\ufffd\\ufffdx"},
  };
  for (const EscapeRow& row : kRows) {
    std::string text;
    std::string json;
    appendEscapedText(row.message, text);
    appendEscapedJson(row.message, json);
    EXPECT_EQ(text, row.text);
    EXPECT_EQ(json, row.json);
  }
}

class MemoryLogger final : public Logger {
 public:
  [[nodiscard]] bool enabled(LogLevel level) const override { return level >= LogLevel::Info; }
  void write(LogLevel, std::string_view line) override { lines.emplace_back(line); }
  std::vector<std::string> lines;
};

class HandClock final : public Clock {
 public:
  [[nodiscard]] MonoTime now() const override { return time; }
  [[nodiscard]] MonoTime precise() const override { return time; }
  [[nodiscard]] WallTime wall() const override { return {}; }
  MonoTime time{seconds(1000)};
};

class RepeatLimiterTest : public testing::Test {
 protected:
  void write(int times, const char* line) {
    for (int i = 0; i < times; ++i) limiter_->write(LogLevel::Warn, line);
  }
  MemoryLogger memory_;
  HandClock clock_;
  std::unique_ptr<RepeatLimiter> limiter_ = std::make_unique<RepeatLimiter>(memory_, clock_);
};

TEST_F(RepeatLimiterTest, PassesTheFirstAndCountsTheRest) {
  write(8, "refused");
  EXPECT_THAT(memory_.lines, ElementsAre("refused", "refused", "refused", "refused", "refused"));
  clock_.time = clock_.time + seconds(10);
  limiter_->flush();
  EXPECT_EQ(memory_.lines.size(), 6U);
  EXPECT_EQ(memory_.lines.back(), "refused … repeated 3 times");
}

TEST_F(RepeatLimiterTest, FewRepeatsLeaveNoTrace) {
  write(5, "refused");
  clock_.time = clock_.time + seconds(10);
  limiter_->flush();
  EXPECT_EQ(memory_.lines.size(), 5U);
}

TEST_F(RepeatLimiterTest, NextWindowStartsAfresh) {
  write(6, "refused");
  clock_.time = clock_.time + seconds(9);
  write(1, "refused");
  EXPECT_EQ(memory_.lines.size(), 5U);
  clock_.time = clock_.time + seconds(1);
  write(1, "refused");
  EXPECT_EQ(memory_.lines.size(), 7U);
  EXPECT_EQ(memory_.lines[5], "refused … repeated 2 times");
  EXPECT_EQ(memory_.lines[6], "refused");
}

TEST_F(RepeatLimiterTest, OtherLinesAndLevelsAreOnTheirOwn) {
  write(6, "a");
  write(1, "b");
  limiter_->write(LogLevel::Error, "a");
  EXPECT_EQ(memory_.lines.size(), 7U);
}

// A client that names another host in each request would write as many lines as it likes.
TEST_F(RepeatLimiterTest, LinesThatQuoteWhatClientsSendAreBounded) {
  constexpr int kMax = 1000;
  const auto hostLine = [](int i) { return "no host \"" + std::to_string(i) + "\""; };
  for (int i = 0; i < kMax + 7; ++i) write(1, hostLine(i).c_str());
  write(1, hostLine(999).c_str());  // a line that is known counts like any other
  EXPECT_EQ(memory_.lines.size(), static_cast<std::size_t>(kMax));
  write(1, "host db does not resolve");
  EXPECT_EQ(memory_.lines.back(), "host db does not resolve") << "said only once, and no client's words";
  clock_.time = clock_.time + seconds(10);
  write(1, hostLine(1).c_str());
  EXPECT_EQ(memory_.lines.size(), kMax + 3U);
  EXPECT_EQ(memory_.lines[kMax + 1], "no host … 8 more such lines in 10 s are left out");
  EXPECT_EQ(memory_.lines.back(), hostLine(1));
}

TEST_F(RepeatLimiterTest, AsManyLinesAsAKindMayHaveLeaveNoTrace) {
  limiter_ = std::make_unique<RepeatLimiter>(memory_, clock_, RepeatLimits{.kind_max = 2});
  write(1, "no \"a\"");
  write(1, "no \"b\"");
  limiter_.reset();
  EXPECT_THAT(memory_.lines, ElementsAre("no \"a\"", "no \"b\""));
}

TEST_F(RepeatLimiterTest, WhatAKindHasLeftOutIsReportedAtTheEnd) {
  limiter_ = std::make_unique<RepeatLimiter>(memory_, clock_, RepeatLimits{.kind_max = 2});
  for (const char* line : {"no \"a\"", "no \"b\"", "no \"c\"", "d", "not \"e\""}) write(1, line);
  limiter_.reset();
  EXPECT_THAT(memory_.lines,
              ElementsAre("no \"a\"", "no \"b\"", "d", "not \"e\"", "no … 1 more such lines in 10 s are left out"));
}

TEST_F(RepeatLimiterTest, SilentLevelsStaySilent) {
  EXPECT_FALSE(limiter_->enabled(LogLevel::Debug));
  limiter_->write(LogLevel::Debug, "quiet");
  EXPECT_TRUE(memory_.lines.empty());
}

TEST_F(RepeatLimiterTest, PendingCountsAreReportedAtTheEnd) {
  write(7, "refused");
  limiter_.reset();
  EXPECT_EQ(memory_.lines.back(), "refused … repeated 2 times");
}

TEST_F(RepeatLimiterTest, RemembersABoundedNumberOfLines) {
  limiter_ = std::make_unique<RepeatLimiter>(memory_, clock_, RepeatLimits{.passed_max = 1, .lines_max = 2});
  write(2, "a");
  write(1, "b");
  EXPECT_THAT(memory_.lines, ElementsAre("a", "b"));
  write(1, "c");  // "a" has to go, and is reported
  EXPECT_THAT(memory_.lines, ElementsAre("a", "b", "a … repeated 1 times", "c"));
}

}  // namespace
}  // namespace lb::os
