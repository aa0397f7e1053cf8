// Clients that are late, slow, or silent: what they get, and exactly when.
#include "unit/front/front_fixture.h"

namespace lb::front {
namespace {

constexpr Duration kSlack = 1ms;  // the way there and back, and the server's turns

TEST_F(FrontTest, HeadThatStopsGets408AtItsTime) {
  RawClient& c = client();
  c.send("GET / HTTP/1.1\r\nHo");
  run(settings_.timeouts.request_header - kSlack);
  EXPECT_EQ(c.received(), "");
  run(2 * kSlack);
  ASSERT_EQ(c.responses().size(), 1U);
  EXPECT_EQ(c.responses()[0].status(), 408);
  EXPECT_EQ(c.responses()[0].field("connection"), "close");
  EXPECT_THAT(router_.log, ElementsAre("bad 408", "sent"));
}

TEST_F(FrontTest, HeadTimeRunsFromTheFirstByteHoweverManyCome) {
  RawClient& c = client();
  c.send(get("/first"));
  run(30s);
  c.send("G");
  for (int second = 0; second < 9; ++second) {
    run(1s);
    c.send(second == 0 ? "ET / HTTP/1.1\r\n" : "X: y\r\n");
  }
  run(1s - kSlack);
  EXPECT_EQ(c.responses().size(), 1U);
  run(2 * kSlack);
  ASSERT_EQ(c.responses().size(), 2U);
  EXPECT_EQ(c.responses()[1].status(), 408);
}

TEST_F(FrontTest, ConnectionThatNeverSpeaksClosesSilentlyAfterTheHeaderTime) {
  RawClient& c = client();
  run(settings_.timeouts.request_header - kSlack);
  EXPECT_EQ(c.ended(), IoStatus::Ok);
  run(2 * kSlack);
  EXPECT_EQ(c.ended(), IoStatus::Eof);
  EXPECT_EQ(c.received(), "");
}

TEST_F(FrontTest, IdleConnectionClosesSilentlyAtItsTime) {
  RawClient& c = client();
  c.send(get("/"));
  run(settings_.timeouts.client_idle - kSlack);
  EXPECT_EQ(c.ended(), IoStatus::Ok);
  run(2 * kSlack);
  EXPECT_EQ(c.ended(), IoStatus::Eof);
  EXPECT_EQ(c.responses().size(), 1U);
}

TEST_F(FrontTest, BodyThatStopsGets408AtItsTime) {
  RawClient& c = client();
  c.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n" + std::string(50'000, 'x'));
  run(settings_.timeouts.request_body_idle - kSlack);
  EXPECT_EQ(c.received(), "");
  run(2 * kSlack);
  EXPECT_EQ(c.responses().at(0).status(), 408);
  EXPECT_THAT(router_.log, ElementsAre("POST /", "failed 408", "sent"));
}

TEST_F(FrontTest, BodyThatTricklesBelowTheRateGets408AfterOneWindow) {
  RawClient& c = client();
  c.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n");
  for (int second = 0; second < 30 && c.received().empty(); ++second) {  // 239 a second where 240 are asked for
    c.send(std::string(second == 0 ? 238 : 239, 'x'));
    run(1s);
  }
  run(kSlack);
  EXPECT_EQ(c.responses().at(0).status(), 408);
}

// Neither within a body nor in the next one on the connection.
TEST_F(FrontTest, WhatCameQuicklyDoesNotPayForATrickle) {
  for (const bool next_body : {false, true}) {
    RawClient& c = client();
    const std::string head = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ";
    if (next_body) c.send(head + "100000\r\n\r\n" + std::string(100'000, 'x') + head + "100000\r\n\r\n");
    if (!next_body) c.send(head + "200000\r\n\r\n" + std::string(100'000, 'x'));
    const std::size_t answers = next_body ? 2 : 1;
    int second = 0;
    for (; second < 90 && (run(1s), c.responses().size() < answers); ++second) c.send("x");
    ASSERT_EQ(c.responses().size(), answers);
    EXPECT_EQ(c.responses().back().status(), 408) << next_body;
    EXPECT_LE(second, 61) << "the window in which it came, and the next one";
  }
}

TEST_F(FrontTest, RateIsJudgedOverTheTimeThatItWasCountedIn) {
  RawClient& c = client();
  c.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 45000\r\n\r\n");
  for (int second = 0; second < 45; ++second) {
    if (second == 10) change([](ClientSettings& settings) { settings.timeouts.request_body_idle *= 10; });
    EXPECT_EQ(c.received(), "") << second;
    c.send(std::string(1000, 'x'));
    run(1s);
  }
  ASSERT_EQ(c.responses().size(), 1U);
  EXPECT_EQ(c.responses()[0].status(), 200);
}

TEST_F(FrontTest, BodyAtTheRateIsWaitedForAsLongAsItTakes) {
  RawClient& c = client();
  c.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 30000\r\n\r\n");
  for (int second = 0; second < 120; ++second) {
    c.send(std::string(250, 'x'));
    run(1s);
  }
  EXPECT_EQ(c.responses().at(0).status(), 200);
}

TEST_F(FrontTest, PausedRequestIsNotSlow) {
  router_.on_head = [](ScriptedHandler& one) { one.writer.pauseRequest(true); };
  RawClient& c = client();
  c.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbo");
  run(10min);
  EXPECT_EQ(c.received(), "");
  handler().writer.pauseRequest(false);
  run(10s);
  c.send("dy");
  run();
  EXPECT_THAT(bodies(c), ElementsAre("/ body"));
}

TEST_F(FrontTest, ClientThatStopsReadingIsCutAtItsTime) {
  const std::string large(1'000'000, 'x');
  router_.on_end = [&](ScriptedHandler& one) { one.reply(large); };
  RawClient& c = client();
  c.setReading(false);
  c.send(get("/"));
  run(settings_.timeouts.response_idle - kSlack);
  EXPECT_EQ(server_.connectionCount(), 1U);
  run(2 * kSlack);
  EXPECT_EQ(server_.connectionCount(), 0U);
  EXPECT_EQ(router_.log.back(), "reset: write timeout");
  EXPECT_EQ(blocks_.blocksInUse(), 0U);
  c.setReading(true);
  run();
  EXPECT_EQ(c.ended(), IoStatus::Reset);
}

TEST_F(FrontTest, SlowReaderIsNotCutWhileItReads) {
  const std::string large(1'000'000, 'x');
  router_.on_end = [&](ScriptedHandler& one) { one.reply(large); };
  RawClient& c = client();
  c.setReadSize(40'000);
  c.setReading(false);
  c.send(get("/"));
  for (int i = 0; i < 60 && c.responses().empty(); ++i) {
    run(40s);
    c.setReading(true);
    ASSERT_TRUE(runUntil([&, before = c.received().size()] { return c.received().size() > before; }, 1s));
    c.setReading(false);
  }
  EXPECT_THAT(bodies(c), ElementsAre(large));
}

TEST_F(FrontTest, ExpectantClientGetsItsGoAheadAndThenItsBodyTime) {
  RawClient& c = client();
  c.send("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n");
  run(40s);
  EXPECT_EQ(c.received(), "") << "nobody says that the body may come: the wait is not the client's fault";
  http::ResponseHead go_ahead;
  go_ahead.start(100);
  handler().writer.sendInterim(go_ahead);
  handler().writer.flush();
  run(settings_.timeouts.request_body_idle - kSlack);
  EXPECT_EQ(c.responses().at(0).status(), 100);
  EXPECT_EQ(c.responses().size(), 1U);
  run(2 * kSlack);
  EXPECT_EQ(c.responses().at(1).status(), 408);
}

// It alone has filled the small buffer, and whoever was asked to stop for that waits to be told to go on.
TEST_F(FrontTest, ResponseHeadThatFillsTheBufferIsDrainedLikeABody) {
  change([](ClientSettings& settings) { settings.buffer_high = 1024; });
  int drained = 0;
  router_.on_end = nullptr;
  router_.on_drained = [&](ScriptedHandler&) { ++drained; };
  RawClient& c = client();
  c.send(get("/"));
  run(1s);
  http::ResponseHead head;
  head.start(200);
  head.fields.add("Content-Security-Policy", std::string(4000, 'x'));
  handler().writer.sendHead(head, {.kind = http::BodyKind::Length, .length = 2}, {});
  EXPECT_TRUE(handler().writer.congested());
  handler().writer.flush();
  run(1s);
  EXPECT_EQ(drained, 1);
}

// In a queue, or before another attempt.
TEST_F(FrontTest, ExpectantClientIsNotLateWhileItsRequestWaited) {
  RawClient& c = client();
  c.send("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n");
  run(1s);
  handler().writer.pauseRequest(true);
  run(1s);
  handler().writer.pauseRequest(false);
  run(3 * settings_.timeouts.request_body_idle);
  EXPECT_EQ(c.received(), "") << "nobody has said yet that the body may come";
  c.send("body");
  run(1s);
  EXPECT_EQ(c.responses().at(0).body, "/ body");
}

}  // namespace
}  // namespace lb::front
