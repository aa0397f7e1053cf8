// How client connections end: half closed, aborted, refused early, drained, shut down.
#include "unit/front/front_fixture.h"

namespace lb::front {
namespace {

TEST_F(FrontTest, HalfClosedClientStillGetsItsAnswer) {
  router_.on_end = nullptr;
  RawClient& c = client();
  c.send(get("/a"));
  c.finish();
  run(1s);
  EXPECT_THAT(router_.log, ElementsAre("GET /a"));
  handler().reply("late");
  handler().writer.flush();
  run();
  EXPECT_THAT(bodies(c), ElementsAre("late"));
  EXPECT_EQ(c.ended(), IoStatus::Eof);
}

TEST_F(FrontTest, HalfClosedAfterPipeliningGetsEveryAnswer) {
  router_.on_end = nullptr;
  RawClient& c = client();
  c.send(get("/a") + get("/b") + get("/c"));
  c.finish();
  run(1s);
  for (const char* text : {"1", "2", "3"}) {
    handler().reply(text);
    handler().writer.flush();
    run();
  }
  EXPECT_THAT(bodies(c), ElementsAre("1", "2", "3"));
  EXPECT_EQ(c.ended(), IoStatus::Eof);
  EXPECT_EQ(server_.connectionCount(), 0U);
}

TEST_F(FrontTest, HalfCloseMayCountAsGone) {
  change([](ClientSettings& settings) { settings.abort_on_half_close = true; });
  router_.on_end = nullptr;
  RawClient& c = client();
  c.send(get("/a"));
  c.finish();
  run(1s);
  EXPECT_THAT(router_.log, ElementsAre("GET /a", "reset: client gone"));
  EXPECT_EQ(server_.connectionCount(), 0U);
}

// What stands before it in the queue of the system is not read yet, or is not wanted any more.
TEST_F(FrontTest, AResetIsHeardOfWhereNothingIsRead) {
  router_.on_end = nullptr;
  router_.on_head = [](ScriptedHandler& one) { one.writer.pauseRequest(true); };
  const std::string upload = "POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nnever";
  for (const std::string& sent : {upload, get("/a"), get("/a") + std::string(100'000, 'x')}) {
    router_.log.clear();
    RawClient& c = client();
    c.send(sent);
    run(1s);
    if (sent == get("/a")) c.finish();
    run(1s);
    EXPECT_THAT(router_.log, SizeIs(1)) << "nobody has gone";
    c.abort();
    run(1s);
    EXPECT_THAT(router_.log, ElementsAre(testing::_, "reset: client gone"));
    EXPECT_EQ(server_.connectionCount(), 0U);
  }
}

// It may still read: what ends with its connection must not look whole, and what shows its end otherwise needs no
// reset.
TEST_F(FrontTest, HalfCloseThatCountsAsGoneCutsTheAnswerVisibly) {
  change([](ClientSettings& settings) { settings.abort_on_half_close = true; });
  router_.on_end = [&](ScriptedHandler& one) {
    http::ResponseHead head;
    head.start(200);
    one.writer.sendHead(head, {.kind = http::BodyKind::UntilClose}, {});
    buf::Buffer body(blocks_);
    body.append("half");
    one.writer.sendBody(body);
    one.writer.flush();
  };
  for (const auto& [version, end] : {std::pair{"1.0", IoStatus::Reset}, std::pair{"1.1", IoStatus::Eof}}) {
    RawClient& c = client();
    c.send("GET /a HTTP/" + std::string(version) + "\r\nHost: a\r\n\r\n");
    run();
    EXPECT_THAT(c.received(), testing::HasSubstr("half"));
    c.finish();
    run(1s);
    EXPECT_EQ(c.ended(), end) << version;
  }
}

TEST_F(FrontTest, CloseInsideABodyIsNoRequest) {
  RawClient& c = client();
  c.send("POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc");
  c.finish();
  run();
  EXPECT_THAT(router_.log, ElementsAre("POST /a", "reset: client gone"));
  EXPECT_EQ(c.received(), "");
}

TEST_F(FrontTest, CloseInsideAHeadIsNoRequest) {
  RawClient& c = client();
  c.send("GET /a HT");
  c.finish();
  run();
  EXPECT_THAT(router_.log, IsEmpty());
  EXPECT_EQ(server_.connectionCount(), 0U);
  EXPECT_EQ(c.received(), "");
}

TEST_F(FrontTest, AbortWhileAnAnswerIsAwaitedIsToldAtOnce) {
  router_.on_end = nullptr;
  RawClient& c = client();
  c.send(get("/a"));
  run();
  c.abort();
  run(1ms);
  EXPECT_THAT(router_.log, ElementsAre("GET /a", "reset: client gone"));
  EXPECT_THAT(router_.handlers, IsEmpty());
}

TEST_F(FrontTest, AbortDuringAResponseIsTold) {
  const std::string large(1'000'000, 'x');
  router_.on_end = [&](ScriptedHandler& one) { one.reply(large); };
  RawClient& c = client();
  c.setReading(false);
  c.send(get("/a"));
  run();
  c.abort();
  run();
  EXPECT_THAT(router_.log, ElementsAre("GET /a", "reset: client gone"));
  EXPECT_EQ(blocks_.blocksInUse(), 0U);
}

TEST_F(FrontTest, RefusedHeadIsAnsweredThoughItsSenderGoesOnSending) {
  RawClient& c = client();
  c.send("GET /a HTTP/1.1\r\nHost: a\r\nBad Name: x\r\n\r\n" + std::string(500'000, 'x'));
  run(1s);
  EXPECT_EQ(c.responses().at(0).status(), 400);
  EXPECT_EQ(c.ended(), IoStatus::Eof) << "a reset would have destroyed the answer";
  EXPECT_EQ(server_.connectionCount(), 1U) << "it lingers";
  run(ClientConn::kLingerTime);
  EXPECT_EQ(server_.connectionCount(), 0U);
}

TEST_F(FrontTest, EarlyAnswerToAnUnreadBodyArrives) {
  router_.on_head = [](ScriptedHandler& one) { one.reply("too large", 413); };
  router_.on_end = nullptr;
  RawClient& c = client();
  c.send("POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n" + std::string(1'000'000, 'x'));
  run(1s);
  EXPECT_EQ(c.responses().at(0).status(), 413);
  EXPECT_EQ(c.responses().at(0).field("connection"), "close");
  EXPECT_EQ(c.ended(), IoStatus::Eof);
  EXPECT_EQ(blocks_.blocksInUse(), 0U);
}

TEST_F(FrontTest, LingeringEndsWhenTheClientCloses) {
  RawClient& c = client();
  c.send("BAD\r\n\r\n");
  run();
  EXPECT_EQ(c.responses().at(0).status(), 400);
  c.close();
  run();
  EXPECT_EQ(server_.connectionCount(), 0U);
}

TEST_F(FrontTest, ResetByTheHandlerNeverLooksComplete) {
  router_.on_end = [&](ScriptedHandler& one) {
    http::ResponseHead head;
    head.start(200);
    one.writer.sendHead(head, {.kind = http::BodyKind::UntilClose}, {});
    buf::Buffer body(blocks_);
    body.append("half");
    one.writer.sendBody(body);
    one.writer.flush();
  };
  RawClient& fresh = client();
  fresh.send(get("/"));
  run();
  handler().writer.reset();
  RawClient& old = client();
  old.send("GET / HTTP/1.0\r\n\r\n");
  run();
  handler().writer.reset();
  run();
  EXPECT_NE(fresh.ended(), IoStatus::Ok);
  EXPECT_THAT(fresh.responses(), IsEmpty()) << "the last chunk is missing";
  EXPECT_EQ(old.ended(), IoStatus::Reset) << "nothing but a reset can say it to an old client";
}

TEST_F(FrontTest, DrainServesWhatIsInProgressAndClosesTheRest) {
  router_.on_end = nullptr;
  RawClient& busy = client();
  RawClient& idle = client();
  busy.send(get("/busy"));
  idle.send(get("/idle"));
  run();
  for (const auto& one : router_.handlers) {
    if (one->head.path() != "/idle") continue;
    one->reply("done");
    one->writer.flush();
    break;
  }
  run();
  bool empty = false;
  server_.drain([&] { empty = true; });
  run(1s);
  EXPECT_EQ(idle.ended(), IoStatus::Eof);
  EXPECT_EQ(busy.ended(), IoStatus::Ok);
  EXPECT_FALSE(empty);
  RawClient& late = client();
  run();
  EXPECT_EQ(late.ended(), IoStatus::Refused);
  handler().reply("at last");
  handler().writer.flush();
  run();
  EXPECT_EQ(busy.responses().at(0).field("connection"), "close");
  EXPECT_EQ(busy.ended(), IoStatus::Eof);
  EXPECT_FALSE(empty);  // it may have more requests on their way: no reset may meet them
  busy.close();
  run();
  EXPECT_TRUE(empty);
}

// In the time between a drain's announcement and its beginning, the next answer says that it is the last one.
TEST_F(FrontTest, AnnouncementWithinAnAnswerEndsTheConnectionWithTheNext) {
  router_.on_end = [](ScriptedHandler& one) { one.head.path() == "/begun" ? one.beginReply() : one.reply("quick"); };
  RawClient& asks_again = client();
  RawClient& says_nothing = client();
  asks_again.send(get("/begun"));
  says_nothing.send(get("/begun"));
  run();
  ASSERT_THAT(router_.handlers, SizeIs(2));
  server_.announceDrain();
  handler().endReply();
  handler().endReply();
  run();
  ASSERT_THAT(bodies(asks_again), SizeIs(1));
  ASSERT_THAT(bodies(says_nothing), SizeIs(1));
  EXPECT_EQ(asks_again.ended(), IoStatus::Ok);
  asks_again.send(get("/last"));
  run();
  EXPECT_EQ(asks_again.responses().at(1).field("connection"), "close");
  EXPECT_EQ(asks_again.ended(), IoStatus::Eof);
  server_.drain([] {});
  run();
  EXPECT_EQ(says_nothing.ended(), IoStatus::Eof);
}

TEST_F(FrontTest, DrainEndsAConnectionWithTheAnswerThatHasBegun) {
  router_.on_end = [](ScriptedHandler& one) { one.beginReply(); };
  RawClient& c = client();
  c.send(get("/"));
  run();
  server_.drain([] {});
  run();
  EXPECT_EQ(c.ended(), IoStatus::Ok);
  handler().endReply();
  run();
  EXPECT_THAT(bodies(c), SizeIs(1));
  EXPECT_EQ(c.ended(), IoStatus::Eof);
}

// Requests behind an answer that closes the connection are thrown away without a reset, which would take that answer
// from a client that has not read it yet (RFC 9112 9.6).
TEST_F(FrontTest, LateRequestsDoNotDestroyTheLastResponse) {
  change([](ClientSettings& settings) { settings.requests_max = 1; });
  const std::string large(100'000, 'x');  // more than the client's window, less than what the system takes
  router_.on_end = [&](ScriptedHandler& one) { one.reply(large); };
  RawClient& c = client();
  c.setReading(false);
  c.send(get("/"));
  run(1s);
  c.send(get("/late"));
  run(1s);
  c.setReading(true);
  run(1s);
  EXPECT_EQ(bodies(c).at(0).size(), large.size());
  EXPECT_EQ(c.ended(), IoStatus::Eof);
}

// An answer that is cut must not take those before it along, which a slow client may not have read yet.
TEST_F(FrontTest, CutAnswerLeavesTheAnswersBeforeIt) {
  const std::string large(100'000, 'x');
  router_.on_end = [&](ScriptedHandler& one) { one.head.path() == "/whole" ? one.reply(large) : one.beginReply(); };
  RawClient& c = client();
  c.setReading(false);
  c.send(get("/whole") + get("/cut"));
  run(1s);
  ASSERT_THAT(router_.log, ElementsAre("GET /whole", "sent", "GET /cut"));
  handler().writer.reset();
  EXPECT_THAT(router_.handlers, SizeIs(1)) << "it may still be on the stack";
  run();
  EXPECT_THAT(router_.handlers, IsEmpty());
  EXPECT_EQ(blocks_.blocksInUse(), 0U);
  c.send(get("/late"));
  run(1s);
  c.setReading(true);
  run(1s);
  EXPECT_THAT(bodies(c), ElementsAre(large)) << "and the cut one does not look complete";
  EXPECT_EQ(c.ended(), IoStatus::Eof);
  EXPECT_THAT(router_.log, ElementsAre("GET /whole", "sent", "GET /cut")) << "no event after a reset";
}

TEST_F(FrontTest, DrainServesTheFirstRequestOfAConnectionThatJustCame) {
  RawClient& quick = client();
  RawClient& silent = client();
  run();
  bool empty = false;
  server_.drain([&] { empty = true; });
  run(500ms);
  quick.send(get("/a"));
  run(400ms);
  EXPECT_THAT(bodies(quick), ElementsAre("/a "));
  EXPECT_EQ(silent.ended(), IoStatus::Ok);
  run(200ms);
  EXPECT_EQ(silent.ended(), IoStatus::Eof);
  quick.close();
  run();
  EXPECT_TRUE(empty);
}

TEST_F(FrontTest, ShutdownResetsWhatIsInProgress) {
  router_.on_end = nullptr;
  RawClient& c = client();
  c.send(get("/a"));
  run();
  server_.shutdownNow();
  run();
  EXPECT_THAT(router_.log, ElementsAre("GET /a", "reset: shutdown"));
  EXPECT_EQ(c.ended(), IoStatus::Reset);
}

}  // namespace
}  // namespace lb::front
