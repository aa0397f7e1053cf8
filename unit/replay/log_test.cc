// A whole log: order, times, what is counted, and what stands in for what nobody knows.
#include "sim/replay/log.h"

#include <gmock/gmock.h>

#include <sstream>

#include "unit/replay/support.h"

namespace sim::replay {
namespace {

using lb::observe::Reason;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

struct Read {
  rehearse::Layout layout;
  std::expected<Log, std::vector<std::string>> log;
};

Read readText(const std::string& text, const LogOptions& options = {}) {
  static const lb::config::Config config = configOf();
  Read read{rehearse::layOut({&config}, {}, {}), std::unexpected(std::vector<std::string>{})};
  std::istringstream in(text);
  read.log = readLog(in, "access.jsonl", config, read.layout, options);
  return read;
}

std::string logOf(const std::vector<lb::observe::Record>& records) {
  std::string text;
  for (const auto& record : records) text += textOf(record) + "\n";
  return text;
}

std::vector<lb::Duration> timesOf(const Log& log) {
  std::vector<lb::Duration> times;
  for (const auto& request : log.recording.script.requests) times.push_back(request.at);
  return times;
}

TEST(ReplayLog, SortsByArrivalSinceTheFirst) {
  lb::observe::Record slow = goodRecord(10ms);  // it ends last, so its line is the last one
  slow.time = lb::WallTime{kBegin + 10s};
  slow.phases.total = 9990ms;
  const Read read = readText(logOf({goodRecord(40ms), goodRecord(48h), goodRecord(25ms), slow}));
  ASSERT_TRUE(read.log.has_value());
  EXPECT_THAT(timesOf(*read.log), ElementsAre(0ms, 15ms, 30ms, 48h - 10ms)) << "a log of several days";
  EXPECT_EQ(read.log->duration, 48h - 10ms);
  EXPECT_EQ(read.log->recorded.outcomes.size(), 4U);
}

TEST(ReplayLog, SpeedIsOfArrivalsAndNotOfBackends) {
  const Read read = readText(logOf({goodRecord(), goodRecord(100ms)}), {.speed = 4});
  ASSERT_TRUE(read.log.has_value());
  EXPECT_THAT(timesOf(*read.log), ElementsAre(0ms, 25ms));
  EXPECT_EQ(read.log->recording.script.requests[0].answer.wait, 20ms);
  EXPECT_EQ(read.log->recorded.outcomes[1].began, 25ms);
  EXPECT_EQ(read.log->recorded.outcomes[1].took, 26ms);
}

TEST(ReplayLog, HostsGoToTheServicesOfTheNewConfiguration) {
  lb::observe::Record elsewhere = goodRecord(1ms);
  elsewhere.host = "x.api.example.com";  // was of the service shop, says the log
  lb::observe::Record nowhere = goodRecord(2ms);
  nowhere.host = "old.example.com";
  const Read read = readText(logOf({goodRecord(), elsewhere, nowhere}));
  ASSERT_TRUE(read.log.has_value());
  EXPECT_THAT(read.layout.services, ElementsAre("shop", "api", "_none"));
  const auto& asks = read.log->recording.asks;
  ASSERT_EQ(asks.size(), 3U);
  for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(asks[i].service, i);
}

TEST(ReplayLog, LosesNoLineWithoutAWord) {
  lb::observe::Record tunnel = goodRecord();
  tunnel.code = 101;
  const Read read = readText(logOf(
      {goodRecord(), tunnel, tunnel, ownAnswer(Reason::BadRequest, 400), ownAnswer(Reason::NoHealthyBackend, 503)}));
  ASSERT_TRUE(read.log.has_value());
  EXPECT_THAT(read.log->notes, Contains("5 lines, 2 of them replayed"));
  EXPECT_THAT(read.log->notes, Contains(HasSubstr("2 left out: tunnels (101)")));
  EXPECT_THAT(read.log->notes, Contains(HasSubstr("1 left out: clients' mistakes (bad_request)")));
  EXPECT_THAT(read.log->notes, Contains(HasSubstr("1 had no answer of a backend (no_healthy_backend 1)")));
}

TEST(ReplayLog, TheAnswerBeforeStandsInWithinTheService) {
  lb::observe::Record other = goodRecord(1ms);
  other.host = "x.api.example.com";
  other.phases.wait = 70ms;
  const auto lost = [](lb::Duration at) { return ownAnswer(Reason::NoHealthyBackend, 503, at); };
  lb::observe::Record late = goodRecord(3ms);
  late.phases.wait = 30ms;
  const Read read = readText(logOf({lost(0ms), goodRecord(500us), other, lost(2ms), late, lost(4ms)}));
  ASSERT_TRUE(read.log.has_value());
  std::vector<lb::Duration> waits;
  for (const auto& request : read.log->recording.script.requests) waits.push_back(request.answer.wait);
  EXPECT_THAT(waits, ElementsAre(20ms, 20ms, 70ms, 20ms, 30ms, 30ms));
}

TEST(ReplayLog, WithNothingToStandInTheAnswerIsEmptyAndAtOnce) {
  const Read read = readText(logOf({ownAnswer(Reason::NoRoute, 404)}));
  ASSERT_TRUE(read.log.has_value());
  const auto& answer = read.log->recording.script.requests.front().answer;
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.bytes, 0U);
  EXPECT_EQ(answer.wait, 0ms);
}

TEST(ReplayLog, ABackendIsDownFromItsFirstFailureToItsNextAnswer) {
  const Read read = readText(
      logOf({goodRecord(), ownAnswer(Reason::ConnectFailed, 502, 1s), ownAnswer(Reason::ConnectFailed, 502, 2s),
             goodRecord(3s), ownAnswer(Reason::ConnectTimeout, 504, 4s)}));
  ASSERT_TRUE(read.log.has_value());
  const auto& outages = read.log->outages;
  ASSERT_EQ(outages.size(), 2U);
  EXPECT_EQ(outages[0].kind, rehearse::FaultKind::Outage);
  EXPECT_EQ(outages[0].at, 1s);
  EXPECT_EQ(outages[0].length, 2s);
  EXPECT_THAT(outages[0].backends, ElementsAre(0U));
  EXPECT_EQ(outages[1].kind, rehearse::FaultKind::BlackHole);
  EXPECT_EQ(outages[1].at, 4s);
  EXPECT_EQ(outages[1].length, 0s) << "until the end";
  EXPECT_THAT(read.log->notes, Contains("from 1.000s to 3.000s: stop 10.0.0.1:80"));
}

TEST(ReplayLog, OutagesDoNotDependOnTheOrderOfLines) {
  const std::vector<lb::observe::Record> lines{
      goodRecord(),   ownAnswer(Reason::ConnectFailed, 502, 1s), goodRecord(2s),
      goodRecord(3s), ownAnswer(Reason::ConnectFailed, 502, 4s), goodRecord(5s)};
  for (const auto& order : {lines, {lines.rbegin(), lines.rend()}}) {
    const Read read = readText(logOf(order));
    ASSERT_TRUE(read.log.has_value());
    ASSERT_EQ(read.log->outages.size(), 2U);
    EXPECT_EQ(read.log->outages[0].at, 1s);
    EXPECT_EQ(read.log->outages[0].length, 1s);
    EXPECT_EQ(read.log->outages[1].at, 4s);
    EXPECT_EQ(read.log->outages[1].length, 1s);
  }
}

TEST(ReplayLog, ASpanThatNobodyCanWaitForIsAMistake) {
  const Read read = readText(logOf({goodRecord(), goodRecord(24h * 365)}));
  ASSERT_FALSE(read.log.has_value());
  EXPECT_THAT(read.log.error().front(), HasSubstr("from the first request to the last there are 365 days"));
  EXPECT_TRUE(readText(logOf({goodRecord(), goodRecord(24h * 365)}), {.speed = 20}).log.has_value());
}

TEST(ReplayLog, BadLinesAreMistakesWithTheirPlaces) {
  const std::string good = textOf(goodRecord());
  const std::string text = good + "\n" + good.substr(0, 50) + "\n" + good + "\nhello\n";
  const Read read = readText(text);
  ASSERT_FALSE(read.log.has_value());
  EXPECT_THAT(read.log.error(), ElementsAre("access.jsonl:2: the line is cut off, or is not JSON",
                                            "access.jsonl:4: not JSON: not a line of lb's access log",
                                            "--skip-bad-lines leaves such lines out"));
  const Read skipping = readText(text, {.skip_bad_lines = true});
  ASSERT_TRUE(skipping.log.has_value());
  EXPECT_THAT(skipping.log->notes, ElementsAre("4 lines, 2 of them replayed", "2 left out: unreadable lines"));
}

TEST(ReplayLog, ALineWithoutEndIsAMistakeOfThatLineOnly) {
  const Read read = readText(std::string(3'000'000, 'x') + "\n" + textOf(goodRecord()), {});
  ASSERT_FALSE(read.log.has_value());
  EXPECT_THAT(read.log.error(), ElementsAre("access.jsonl:1: longer than a megabyte: not a line of lb's access log",
                                            "--skip-bad-lines leaves such lines out"));
}

TEST(ReplayLog, TellsOnlySomeOfManyMistakes) {
  std::string text;
  for (int i = 0; i < 25; ++i) text += "hello\n";
  const Read read = readText(text);
  ASSERT_FALSE(read.log.has_value());
  EXPECT_EQ(read.log.error().size(), kMistakesMax + 2);
  EXPECT_THAT(read.log.error(), Contains("... and 15 lines more"));
}

TEST(ReplayLog, ReadsNoMoreLinesThanTheLimit) {
  const Read read = readText(logOf({goodRecord(), goodRecord(1ms)}) + "hello\n", {.limit = 2});
  ASSERT_TRUE(read.log.has_value());
  EXPECT_THAT(read.log->notes, Contains("2 lines, 2 of them replayed"));
}

TEST(ReplayLog, NothingToReplayIsAMistakeThatSaysWhy) {
  EXPECT_THAT(readText("").log.error(), ElementsAre("access.jsonl: there is no request to replay"));
  EXPECT_THAT(readText(logOf({ownAnswer(Reason::BadRequest, 400)})).log.error(),
              Contains(HasSubstr("clients' mistakes (bad_request)")));
}

}  // namespace
}  // namespace sim::replay
