// What a failure prints, and what is known of the connections at its time.
#include "sim/report/failure.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

#include "sim/report/sockets.h"
#include "unit/report/story.h"

namespace sim::report {
namespace {

using testing::ContainsRegex;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

TEST(FailureReport, SaysEverythingThatIsKnown) {
  FailureReport report;
  report.invariant = "safety.pool_clean";
  report.what = "connection b2#7 returned to the pool with 12 unread bytes";
  report.seed = 91;
  report.build = "3f2a91c gcc-12.2 -O2";
  report.time = {World::kStart + 191'204'518us};
  report.event = 48213;
  report.who = {"exchange x118 (client c4, POST /k/118, 2048 B) -> backend b2", "reused 3 times"};
  report.difference = {.what = "the answer", .expected = "same as", .seen = "same At"};
  report.faults_on = {"short_read", "half_close"};
  report.faults_off = {"dns"};
  report.faults_fired = 17;
  report.faults_last = 48207;
  report.last = {"one", "two"};
  report.replay = "sim run --scenario out/91.json --until-event 48213 --trace text";
  report.shrink = "sim shrink out/91.json";
  report.files = {"out/91.json"};
  report.speed = "212 s of virtual time in 0.8 s, 60000 events/s";
  EXPECT_EQ(toText(report),
            R"(FAIL safety.pool_clean  seed=91  build=3f2a91c gcc-12.2 -O2  t=00:03:11.204518  event=48213
  what     connection b2#7 returned to the pool with 12 unread bytes
  who      exchange x118 (client c4, POST /k/118, 2048 B) -> backend b2
           reused 3 times
  bytes    the answer: differs at byte 5; from byte 0 on 7 B were expected, 7 B seen
           expected  00000000  73 61 6d 65 20 61 73                              |same as|
           seen      00000000  73 61 6d 65 20 41 74                              |same At|
                                              ^^
  faults   on:  short_read half_close
           off: dns   (17 fired, last at event 48207)
  last     one
           two
  replay   sim run --scenario out/91.json --until-event 48213 --trace text
  smaller  sim shrink out/91.json
  files    out/91.json
  speed    212 s of virtual time in 0.8 s, 60000 events/s
)");
}

TEST(FailureReport, LeavesOutWhatNobodyKnows) {
  const std::string text = toText({.invariant = "liveness.spin", .what = "too many events"});
  EXPECT_EQ(text, "FAIL liveness.spin  seed=0  t=00:00:00.000000  event=0\n  what     too many events\n");
}

TEST(Difference, OneSideMayEndEarly) {
  const std::string bytes(40, 'a');
  const auto lines = differenceLines({.what = "body", .from = 100, .expected = bytes, .seen = bytes.substr(0, 32)});
  EXPECT_THAT(lines, ElementsAre("body: differs at byte 132; from byte 100 on 40 B were expected, 32 B seen",
                                 HasSubstr("both      00000074  61"),
                                 "expected  00000084  61 61 61 61 61 61 61 61 " + std::string(26, ' ') + "|aaaaaaaa|",
                                 "seen      00000084  " + std::string(50, ' ') + "||", std::string(20, ' ') + "^^"));
  EXPECT_THAT(differenceLines({.what = "body", .expected = bytes, .seen = bytes}), IsEmpty());
}

TEST(Difference, TheMarkStandsUnderTheByteInBothHalvesOfTheRow) {
  for (const std::size_t at : {0U, 7U, 8U, 15U, 16U, 31U}) {
    const std::string expected(48, '\x11');
    std::string seen = expected;
    seen[at] = '\x22';
    const auto lines = differenceLines({.what = "", .expected = expected, .seen = seen});
    const auto mark = std::ranges::find_if(lines, [](const std::string& line) { return line.ends_with("^^"); });
    ASSERT_NE(mark, lines.end());
    EXPECT_EQ((mark - 1)->find("22"), mark->find("^^")) << at;
  }
}

std::string socketsOf(const Trace& trace) {
  std::ostringstream out;
  writeSockets(trace, out);
  return out.str();
}

TEST(Sockets, AreTrueToWhatHappened) {
  Story story;
  actor::RawClient& client = story.client();
  ASSERT_TRUE(story.ask(client, Story::get("/")));
  std::string text = socketsOf(story.trace());
  EXPECT_THAT(text, ContainsRegex("c0 +10.0.0.1:[0-9]+ +10.0.0.2:8080 +ESTABLISHED +0 +0 +[0-9]+ +35\n"));
  EXPECT_THAT(text, ContainsRegex("b[012] +10.0.1.[123]:80 +10.0.0.2:[0-9]+ +ESTABLISHED +0 +0"));

  client.setReading(false);
  client.send(Story::get("/unread"));
  story.world().runFor(100ms);
  EXPECT_THAT(socketsOf(story.trace()), ContainsRegex("c0 .* ESTABLISHED +[1-9][0-9]* +0 "));

  client.setReading(true);
  client.finish();
  story.world().runFor(100ms);
  text = socketsOf(story.trace());
  EXPECT_THAT(text, Not(HasSubstr("c0 ")));
  EXPECT_THAT(text, HasSubstr("(1 more connections have ended)"));
}

TEST(Sockets, HaveTheWordsOfTcp) {
  using State = TraceConnection::State;
  const auto state = [](State here, bool fin_sent, bool fin_arrived, bool fin_received, bool reset) {
    TraceConnection connection;
    connection.ends[0].state = here;
    connection.ends[0].reset = reset;
    connection.flows[0].finish_sent = fin_sent;
    connection.flows[0].finish_arrived = fin_arrived;
    connection.flows[1].finish_arrived = fin_received;
    return socketState(connection, TraceEnd::Client);
  };
  EXPECT_EQ(state(State::Connecting, false, false, false, false), "SYN_SENT");
  EXPECT_EQ(state(State::Failed, false, false, false, false), "FAILED");
  EXPECT_EQ(state(State::Open, false, false, false, false), "ESTABLISHED");
  EXPECT_EQ(state(State::Open, false, false, true, false), "CLOSE_WAIT");
  EXPECT_EQ(state(State::Open, true, false, false, false), "FIN_WAIT1");
  EXPECT_EQ(state(State::Open, true, true, false, false), "FIN_WAIT2");
  EXPECT_EQ(state(State::Closed, true, false, true, false), "LAST_ACK");
  EXPECT_EQ(state(State::Closed, true, true, true, false), "CLOSED");
  EXPECT_EQ(state(State::Open, false, false, false, true), "RESET");
  EXPECT_EQ(state(State::Closed, false, false, false, true), "CLOSED");
}

}  // namespace
}  // namespace sim::report
