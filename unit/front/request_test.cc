// Requests on a connection: one after another, many at once, in pieces.
#include "unit/front/front_fixture.h"

namespace lb::front {
namespace {

TEST_F(FrontTest, AnswersAndKeepsTheConnection) {
  RawClient& c = client();
  for (const std::string path : {"/a", "/b", "/c"}) {
    c.send(get(path));
    run(1s);
  }
  EXPECT_THAT(bodies(c), ElementsAre("/a ", "/b ", "/c "));
  EXPECT_EQ(c.ended(), IoStatus::Ok);
  EXPECT_EQ(stats_.connections_accepted.get(), 1U);
  EXPECT_EQ(stats_.connections_idle.get(), 1U);
}

TEST_F(FrontTest, IdleConnectionHoldsNothing) {
  RawClient& c = client();
  c.send(get("/"));
  run();
  EXPECT_EQ(blocks_.blocksInUse(), 0U);
  EXPECT_THAT(router_.handlers, IsEmpty());
}

TEST_F(FrontTest, PipelinedRequestsAreAnsweredInOrderOneAtATime) {
  std::size_t at_once = 0;
  router_.on_head = [&](ScriptedHandler&) { at_once = std::max(at_once, router_.handlers.size()); };
  std::string all;
  std::vector<std::string> expected;
  for (int i = 0; i < 50; ++i) {
    const std::string path = "/" + std::to_string(i);
    all += i % 3 == 0 ? "POST " + path + " HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc" : get(path);
    expected.push_back(path + (i % 3 == 0 ? " abc" : " "));
  }
  RawClient& c = client();
  c.send(all);
  run(1s);
  EXPECT_EQ(bodies(c), expected);
  EXPECT_EQ(at_once, 1U);
}

TEST_F(FrontTest, PipelinedRequestWaitsForAnAnswerThatComesLater) {
  router_.on_end = nullptr;
  RawClient& c = client();
  c.send(get("/a") + get("/b"));
  run();
  EXPECT_THAT(router_.log, ElementsAre("GET /a"));
  handler().reply("first");
  handler().writer.flush();
  run();
  EXPECT_THAT(router_.log, ElementsAre("GET /a", "sent", "GET /b"));
  handler().reply("second");
  handler().writer.flush();
  run();
  EXPECT_THAT(bodies(c), ElementsAre("first", "second"));
}

TEST_F(FrontTest, EveryCutOfARequestIsTheSameRequest) {
  const std::string request =
      "POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\nX-Sum: t\r\n\r\n";
  RawClient& c = client();
  for (std::size_t cut = 1; cut < request.size(); ++cut) {
    c.send(request.substr(0, cut));
    run(1ms);
    c.send(request.substr(cut));
    run(1ms);
  }
  for (const char byte : request) {
    c.send(std::string_view(&byte, 1));
    run(1ms);
  }
  EXPECT_THAT(bodies(c), testing::AllOf(testing::SizeIs(request.size()), testing::Each("/x body")));
}

TEST_F(FrontTest, ShortReadsAndWritesChangeNothing) {
  server_host_.rules().short_read = {9, 10};
  server_host_.rules().short_write = {9, 10};
  server_host_.rules().receive_window = 64;
  client_host_.rules().receive_window = 64;
  const std::string body(5000, 'b');
  RawClient& c = client();
  c.send("POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 5000\r\n\r\n" + body + get("/y"));
  ASSERT_TRUE(runUntil([&] { return c.responses().size() == 2; }, 60s));
  EXPECT_THAT(bodies(c), ElementsAre("/x " + body, "/y "));
}

TEST_F(FrontTest, HttpOneZeroClosesUnlessAskedToStay) {
  RawClient& closing = client();
  closing.send("GET /a HTTP/1.0\r\n\r\n");
  RawClient& staying = client();
  staying.send("GET /b HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  run();
  EXPECT_EQ(closing.ended(), IoStatus::Eof);
  EXPECT_EQ(closing.responses().at(0).field("connection"), "close");
  EXPECT_EQ(staying.ended(), IoStatus::Ok);
  EXPECT_EQ(staying.responses().at(0).field("connection"), "keep-alive");
}

TEST_F(FrontTest, ConnectionCloseIsObeyed) {
  RawClient& c = client();
  c.send("GET /a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  run();
  EXPECT_EQ(c.responses().at(0).field("connection"), "close");
  EXPECT_EQ(c.ended(), IoStatus::Eof);
}

TEST_F(FrontTest, LastOfTheAllowedRequestsClosesAndIsAnnounced) {
  change([](ClientSettings& settings) { settings.requests_max = 2; });
  RawClient& c = client();
  c.send(get("/a"));
  run();
  EXPECT_EQ(c.responses().at(0).field("connection"), std::nullopt);
  c.send(get("/b"));
  run();
  EXPECT_EQ(c.responses().at(1).field("connection"), "close");
  EXPECT_EQ(c.ended(), IoStatus::Eof);
}

TEST_F(FrontTest, OldConnectionIsClosedAfterItsNextResponse) {
  change([](ClientSettings& settings) {
    settings.age_max = 60s;
    settings.timeouts.client_idle = 75s;
  });
  RawClient& c = client();
  c.send(get("/a"));
  run(61s);
  EXPECT_EQ(c.ended(), IoStatus::Ok);
  c.send(get("/b"));
  run();
  EXPECT_EQ(c.responses().at(1).field("connection"), "close");
  EXPECT_EQ(c.ended(), IoStatus::Eof);
}

// What an answer's head has not said, its end does not do: the next request may be under way.
TEST_F(FrontTest, AgeThatComesWithinAResponseEndsTheConnectionWithTheNext) {
  change([](ClientSettings& settings) { settings.age_max = 60s; });
  router_.on_end = [](ScriptedHandler& one) { one.head.path() == "/slow" ? one.beginReply() : one.reply("quick"); };
  RawClient& c = client();
  c.send(get("/slow"));
  run(50s);
  ASSERT_THAT(router_.handlers, SizeIs(1));
  run(11s);
  handler().endReply();
  run();
  EXPECT_EQ(c.responses().at(0).field("connection"), std::nullopt);
  EXPECT_EQ(c.ended(), IoStatus::Ok);
  c.send(get("/b"));
  run();
  EXPECT_EQ(c.responses().at(1).field("connection"), "close");
  EXPECT_EQ(c.ended(), IoStatus::Eof);
}

TEST_F(FrontTest, HeadGetsTheHeadAlone) {
  RawClient& c = client();
  c.send("HEAD /a HTTP/1.1\r\nHost: a\r\n\r\n" + get("/b"));
  run();
  std::string rest;
  const auto head = sim::actor::firstMessage(c.received(), sim::actor::MessageKind::ResponseToHead);
  ASSERT_TRUE(head.has_value());
  EXPECT_EQ(head->field("content-length"), "3");
  const auto next = sim::actor::firstMessage(c.received().substr(head->size), sim::actor::MessageKind::Response);
  ASSERT_TRUE(next.has_value());
  EXPECT_EQ(next->body, "/b ");
}

TEST_F(FrontTest, ClientThatDoesNotReadStopsItsOwnRequests) {
  const std::string large(100'000, 'x');
  router_.on_end = [&](ScriptedHandler& one) { one.reply(large); };
  RawClient& c = client();
  c.setReading(false);
  std::string all;
  for (int i = 0; i < 20; ++i) all += get("/");
  c.send(all);
  run(1s);
  EXPECT_LT(std::ranges::count(router_.log, "GET /"), 4) << "no answer is made before the one before it has left";
  c.setReading(true);
  run(1s);
  EXPECT_EQ(c.responses().size(), 20U);
}

TEST_F(FrontTest, ChunkedForNewClientsUntilCloseForOldOnes) {
  router_.on_end = [&](ScriptedHandler& one) {
    http::ResponseHead head;
    head.start(200);
    one.writer.sendHead(head, {.kind = http::BodyKind::Chunked}, {});
    for (const char* part : {"one", "two"}) {
      buf::Buffer body(blocks_);
      body.append(part);
      one.writer.sendBody(body);
    }
    one.writer.sendEnd(nullptr);
  };
  RawClient& fresh = client();
  fresh.send(get("/"));
  RawClient& old = client();
  old.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  run();
  EXPECT_TRUE(fresh.responses().at(0).chunked);
  EXPECT_EQ(bodies(fresh), bodies(old));
  EXPECT_EQ(old.ended(), IoStatus::Eof);
  EXPECT_TRUE(old.responses().at(0).until_close);
}

}  // namespace
}  // namespace lb::front
