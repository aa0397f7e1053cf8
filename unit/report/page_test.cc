// The page for a browser: what it is given, and that it stays small. What it does with it is shown by the integration
// tests.
#include "sim/report/page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "sim/report/lanes.h"
#include "sim/report/page_data.h"
#include "unit/report/story.h"

namespace sim::report {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

constexpr std::size_t kPageMax = 2'000'000;

std::string pageOf(const Trace& trace, const PageHead& head = {}) {
  std::ostringstream out;
  writeHtml(trace, head, out);
  return out.str();
}

nlohmann::json dataOf(const Trace& trace, const PageHead& head = {}) {
  return nlohmann::json::parse(pageData(trace, head));
}

TEST(Page, IsOneFileThatAsksForNothing) {
  Story story;
  story.tell();
  const std::string page = pageOf(story.trace(), headOf(story.failure()));
  EXPECT_TRUE(page.starts_with("<!DOCTYPE html>"));
  EXPECT_TRUE(page.ends_with("</html>\n"));
  EXPECT_THAT(page, HasSubstr("<title>\nsafety.pool_clean\n</title>"));
  EXPECT_THAT(page, Not(HasSubstr("src=")));
  EXPECT_THAT(page, Not(HasSubstr("http:")));
  EXPECT_THAT(page, Not(HasSubstr("https:")));
  EXPECT_THAT(page, Not(HasSubstr("@page.css@")));
  EXPECT_THAT(page, Not(HasSubstr("@app.js@")));
}

TEST(Page, SaysOfAFailureWhatTheTextSays) {
  using testing::Pair;
  const PageHead head = headOf({.invariant = "safety.pool_clean",
                                .what = "a connection has bytes",
                                .seed = 91,
                                .build = "0.1.0 (3f2a91c, GNU 12.2.0)",
                                .event = 48213,
                                .faults_on = {"stall", "kill"},
                                .faults_off = {"dns"},
                                .faults_fired = 17,
                                .faults_last = 48207,
                                .replay = "sim run --seed 91",
                                .speed = "212 s in 0.8 s"});
  EXPECT_THAT(head.facts, ElementsAre(Pair("what", "a connection has bytes"), Pair("when", HasSubstr("event 48213")),
                                      Pair("seed", "91"), Pair("build", "0.1.0 (3f2a91c, GNU 12.2.0)"),
                                      Pair("faults on", "stall kill"), Pair("faults off", "dns"),
                                      Pair("faults", "17 fired, last at event 48207"),
                                      Pair("replay", "sim run --seed 91"), Pair("speed", "212 s in 0.8 s")));
  EXPECT_TRUE(head.failed);
}

TEST(Page, EveryEventIsThereOnce) {
  Story story;
  story.tell();
  const auto data = dataOf(story.trace());
  const std::size_t rows = story.trace().events().size();
  EXPECT_EQ(data["rows"]["time"].size(), rows);
  std::vector<int> used(rows);
  for (const auto& message : data["messages"]) {
    for (const std::size_t column : {3U, 4U}) {
      if (message[column] >= 0) ++used[message[column].get<std::size_t>()];
    }
  }
  for (const auto& mark : data["marks"]) ++used[mark[1].get<std::size_t>()];
  EXPECT_THAT(used, testing::Each(1));
  std::int64_t time = 0;
  for (const auto& step : data["rows"]["time"]) time += step.get<std::int64_t>();
  EXPECT_EQ(time, (story.trace().events().back().time.since_start - World::kStart).count());
}

// What a page could be broken with: the end of its script, and more than it may hold.
TEST(Page, BytesCannotEscapeFromIt) {
  World world(1);
  Trace trace(world);
  trace.note("c1", "</script><script>alert(1)</script><!--");
  trace.note("c2", std::string("\xff\x00\x80", 3));
  const PageHead head{.title = "</title><b>", .failed = true, .facts = {{"what", "</script>\xff"}}};
  const std::string page = pageOf(trace, head);
  EXPECT_THAT(page, Not(HasSubstr("</script><script>alert")));
  EXPECT_THAT(page, HasSubstr("&lt;/title&gt;&lt;b&gt;"));
  const auto data = dataOf(trace, head);
  EXPECT_THAT(data["strings"], testing::Contains("t</script><script>alert(1)</script><!--"));
  EXPECT_THAT(data["strings"], testing::Contains("b/wCA"));
}

TEST(Page, IsCutWhereItWouldBeTooLarge) {
  World world(1);
  Trace trace(world);
  trace.connection(1, {});
  for (std::uint64_t i = 0; i < kPageRowsMax + 500; ++i) {
    std::string bytes = std::to_string(i) + std::string(i % 3000, i % 3 == 0 ? '<' : i % 3 == 1 ? '\x01' : '"');
    trace.packet(world.now(), 1, TraceKind::Data, TraceStage::Sent, TraceEnd::Client, i * 5000, bytes.size(), bytes);
  }
  trace.violation("safety.something", "at the end");
  const std::string page = pageOf(trace);
  EXPECT_LT(page.size(), kPageMax);
  EXPECT_GT(page.size(), kPageMax * 6 / 10) << "what there is room for is there";
  const auto data = dataOf(trace);
  EXPECT_EQ(data["left_out"], 501);
  EXPECT_EQ(data["rows"]["time"].size(), kPageRowsMax);
  EXPECT_EQ(data["marks"].size(), 1U) << "the end stays";
}

TEST(Page, WhatNeverArrivesHasNoRowOfArrival) {
  World world(1);
  Trace trace(world);
  trace.connection(1, {});
  trace.packet(world.now(), 1, TraceKind::Data, TraceStage::Sent, TraceEnd::Client, 0, 1, "x");
  trace.packet(world.now(), 1, TraceKind::Finish, TraceStage::Sent, TraceEnd::Client);
  trace.packet(world.now(), 1, TraceKind::Data, TraceStage::Arrived, TraceEnd::Client, 0, 1);
  const auto messages = dataOf(trace)["messages"];
  ASSERT_EQ(messages.size(), 2U);
  EXPECT_EQ(messages[0][4], 2);
  EXPECT_EQ(messages[1][4], -1);
}

TEST(Lanes, ClientsThenLoopsOfTheProxyThenBackends) {
  Story story;
  story.tell(11, 1);
  std::vector<std::string> names;
  const Lanes lanes(story.trace());
  for (const Lane& lane : lanes.all()) names.push_back(lane.name);
  ASSERT_GT(names.size(), 16U);
  EXPECT_EQ(names.front(), "c0");
  EXPECT_EQ(names[2], "c2");
  EXPECT_EQ(names[10], "c10");
  EXPECT_THAT(std::vector(names.end() - 5, names.end()), ElementsAre("proxy0", "proxy1", "b0", "b1", "b2"));
  EXPECT_EQ(lanes.named("proxy"), lanes.named("proxy0")) << "a host's first lane stands for it";
  EXPECT_EQ(lanes.named("nobody"), -1);
}

TEST(Lanes, NumbersInNamesCountAsNumbers) {
  const std::vector<std::string> sorted{"", "b", "b2", "b10", "b10a", "c01", "c1", "c1x2", "c1x11"};
  for (std::size_t i = 0; i + 1 < sorted.size(); ++i) {
    EXPECT_FALSE(naturalLess(sorted[i + 1], sorted[i])) << sorted[i + 1];
    EXPECT_FALSE(naturalLess(sorted[i], sorted[i]));
    EXPECT_TRUE(naturalLess(sorted[i], sorted[i + 1])) << sorted[i];
  }
  EXPECT_NE(naturalLess("c1", "c01"), naturalLess("c01", "c1"));
}

}  // namespace
}  // namespace sim::report
