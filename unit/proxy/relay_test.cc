// Messages pass through: their bytes, their framing, their order.
#include <algorithm>

#include "sim/core/trace.h"
#include "unit/proxy/proxy_fixture.h"

namespace lb::proxy {
namespace {

using sim::actor::firstMessage;
using sim::actor::MessageKind;

TEST_F(ProxyTest, RequestReachesTheBackendAsItShould) {
  start();
  RawBackend& b = backend(0);
  const Message answer =
      ask("GET /path?query=1 HTTP/1.1\r\nHost: Shop.Test:80\r\nX-Mine:  value \r\nConnection: x-gone, keep-alive\r\n"
          "X-Gone: 1\r\nX-Forwarded-For: 1.2.3.4\r\n\r\n");
  EXPECT_EQ(answer.status(), 200);
  EXPECT_EQ(answer.body, "hello");
  const auto request = firstMessage(b.everything(), MessageKind::Request);
  ASSERT_TRUE(request.has_value());
  EXPECT_EQ(request->start_line, "GET /path?query=1 HTTP/1.1");
  EXPECT_EQ(request->field("host"), "Shop.Test:80");
  EXPECT_EQ(request->field("x-mine"), "value");
  EXPECT_EQ(request->field("x-gone"), std::nullopt);
  EXPECT_EQ(request->field("x-forwarded-for"), "10.0.0.1") << "an untrusted client is not believed";
  EXPECT_EQ(request->field("via"), "1.1 lb");
  EXPECT_EQ(request->count("x-request-id"), 1U);
  EXPECT_EQ(request->size, b.everything().size());
}

struct RelayRow {
  const char* name;
  std::string response;
  std::string body;
  bool chunked;
  bool backend_closes = false;
};

TEST_F(ProxyTest, ResponsesKeepTheirBodiesWhateverTheirFraming) {
  start();
  const std::vector<RelayRow> rows{
      {"counted", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc", "abc", false},
      {"empty", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", "", false},
      {"chunked", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n2;x=y\r\nbc\r\n0\r\n\r\n", "abc",
       true},
      {"until close", "HTTP/1.1 200 OK\r\n\r\nabc", "abc", true, true},
      {"old backend", "HTTP/1.0 200 OK\r\n\r\nabc", "abc", true, true},
      {"no content", "HTTP/1.1 204 No Content\r\n\r\n", "", false},
      {"not modified", "HTTP/1.1 304 Not Modified\r\nContent-Length: 7\r\n\r\n", "", false},
  };
  for (const RelayRow& row : rows) {
    backend(0, [&](RawBackend::Conn& conn) {
      if (conn.takeRequests().empty()) return;
      conn.send(row.response);
      if (row.backend_closes) conn.close();
    });
    RawClient& c = client();
    c.send(get("/"));
    run();
    ASSERT_EQ(c.responses().size(), 1U) << row.name;
    EXPECT_EQ(c.responses()[0].body, row.body) << row.name;
    EXPECT_EQ(c.responses()[0].chunked, row.chunked) << row.name;
    EXPECT_EQ(c.ended(), IoStatus::Ok) << row.name << ": the client's connection lives on";
    EXPECT_EQ(c.responses()[0].size, c.received().size()) << row.name;
    backends_[0].reset();
    run(5s);  // what was pooled is gone
  }
}

class PiecesTest : public ProxyTest {
 protected:
  // How often something had been written to a client when it had one answer of 40,000 bytes, and two, and three.
  std::vector<std::ptrdiff_t> piecesOfThreeAnswers() {
    start();
    const std::string body(40'000, 'b');
    backend(0, RawBackend::answering("HTTP/1.1 200 OK\r\nContent-Length: 40000\r\n\r\n" + body));
    sim::net::LinkRules whole;
    whole.segment_max = 1 << 20;
    setWay(0, whole);
    fabric_.setRulesBothWays(client_host_, proxy_host_, whole);
    sim::Trace trace(world_);
    world_.setTrace(&trace);
    RawClient& c = client();
    std::vector<std::ptrdiff_t> pieces;
    for (const std::size_t answers : {1U, 2U, 3U}) {
      c.send(get("/"));
      EXPECT_TRUE(runUntil([&] { return c.responses().size() == answers; }, 10s));
      EXPECT_EQ(c.responses().back().body, body);
      pieces.push_back(std::ranges::count_if(trace.events(), [&](const sim::TraceEvent& event) {
        return event.kind == sim::TraceKind::Data && event.stage == sim::TraceStage::Sent &&
               event.from == sim::TraceEnd::Server && trace.find(event.connection)->ends[1].host == "proxy";
      }));
    }
    world_.setTrace(nullptr);
    return pieces;
  }
};

// Of a large answer only a block is read with its head, and the rest when its length is known. Whoever has answered so
// before is read as a whole, and passed on in one piece.
TEST_F(PiecesTest, AnswerAsLargeAsTheOneBeforeIsPassedOnAtOnce) {
  EXPECT_THAT(piecesOfThreeAnswers(), ElementsAre(2, 3, 4));
}

TEST_F(PiecesTest, AnswerAsLargeAsTheOneBeforeTakesNoMoreRoomThanThereIs) {
  config_.limits.buffer_bytes = 1024;
  EXPECT_THAT(piecesOfThreeAnswers(), ElementsAre(3, 6, 9));
}

TEST_F(ProxyTest, TrailersPassBothWays) {
  start();
  RawBackend& b = backend(
      0,
      RawBackend::answering("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\nX-Sum: back\r\n\r\n"));
  const Message answer = ask(
      "POST / HTTP/1.1\r\nHost: shop.test\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nq\r\n0\r\nX-Sum: there\r\n\r\n");
  EXPECT_EQ(answer.trailers, "X-Sum: back\r\n");
  EXPECT_EQ(firstMessage(b.everything(), MessageKind::Request)->trailers, "X-Sum: there\r\n");
}

// RFC 9110 7.6.1: what Connection names, and what rules keep out of a head, does not come in behind it.
TEST_F(ProxyTest, TrailersGoByTheRulesOfTheirHead) {
  shop().headers.request = {{"X-Debug"}, {{"X-Role", "guest"}}, {}};
  shop().headers.response = {{"X-Powered-By"}, {{"Server", "lb"}}, {}};
  start();
  RawBackend& b = backend(
      0, RawBackend::answering("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: X-Hop\r\n\r\n"
                               "1\r\na\r\n0\r\nX-Powered-By: y\r\nserver: x\r\nX-Hop: 1\r\nX-Sum: back\r\n\r\n"));
  const Message answer =
      ask("POST / HTTP/1.1\r\nHost: shop.test\r\nTransfer-Encoding: chunked\r\nConnection: keep-alive, X-Hop\r\n\r\n"
          "1\r\nq\r\n0\r\nx-role: admin\r\nX-Debug: 1\r\nx-hop: 1\r\nX-Sum: there\r\n\r\n");
  EXPECT_EQ(answer.trailers, "X-Sum: back\r\n");
  EXPECT_EQ(firstMessage(b.everything(), MessageKind::Request)->trailers, "X-Sum: there\r\n");
}

TEST_F(ProxyTest, HeadResponseHasNoBodyAndTheConnectionGoesOn) {
  start();
  backend(0, RawBackend::answering("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"));
  RawClient& c = client();
  c.send("HEAD / HTTP/1.1\r\nHost: shop.test\r\n\r\n");
  run();
  const auto first = firstMessage(c.received(), MessageKind::ResponseToHead);
  ASSERT_TRUE(first.has_value());
  EXPECT_EQ(first->field("content-length"), "5");
  EXPECT_EQ(first->size, c.received().size());
  c.send("HEAD / HTTP/1.1\r\nHost: shop.test\r\n\r\n");
  run();
  EXPECT_EQ(c.received().size(), 2 * first->size);
  EXPECT_EQ(backendStats(0).connections_opened.get(), 1U);
}

TEST_F(ProxyTest, InterimResponsesComeBeforeTheFinalOne) {
  start();
  backend(0, RawBackend::answering("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n" +
                                   std::string(kHello)));
  RawClient& c = client();
  c.send(get("/"));
  RawClient& old = client();
  old.send("GET / HTTP/1.0\r\nHost: shop.test\r\n\r\n");
  run();
  ASSERT_EQ(c.responses().size(), 3U);
  EXPECT_EQ(c.responses()[0].status(), 103);
  EXPECT_EQ(c.responses()[0].field("link"), "</a>");
  EXPECT_EQ(c.responses()[1].status(), 102);
  EXPECT_EQ(c.responses()[2].body, "hello");
  ASSERT_EQ(old.responses().size(), 1U) << "an HTTP/1.0 client does not know them";
  EXPECT_EQ(old.responses()[0].body, "hello");
}

TEST_F(ProxyTest, BackendIsWaitedForUntilItsFinalResponse) {
  start();
  RawBackend& b = backend(0, [](RawBackend::Conn& conn) {
    if (!conn.takeRequests().empty()) conn.send("HTTP/1.1 103 Early Hints\r\n\r\n");
  });
  RawClient& c = client();
  c.send(get("/"));
  run(3s);
  b.connections().at(0)->send(kHello);
  run();
  EXPECT_EQ(c.responses().at(1).body, "hello");
  EXPECT_THAT(lastLine(), HasSubstr(" wait 2999."));
}

TEST_F(ProxyTest, ExpectContinueIsTheBackendsToDecide) {
  start();
  backend(0, [](RawBackend::Conn& conn) {
    if (conn.requests == 0 && conn.received().ends_with("\r\n\r\n")) conn.send("HTTP/1.1 100 Continue\r\n\r\n");
    for (const Message& request : conn.takeRequests()) {
      conn.send("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(request.body.size()) + "\r\n\r\n" +
                request.body);
    }
  });
  RawClient& c = client();
  c.send("PUT / HTTP/1.1\r\nHost: shop.test\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n");
  run();
  ASSERT_EQ(c.responses().size(), 1U);
  EXPECT_EQ(c.responses()[0].status(), 100);
  c.send("body");
  run();
  EXPECT_EQ(c.responses().back().body, "body");
}

TEST_F(ProxyTest, OldClientGetsAnOldStyleBodyAndItsEnd) {
  start();
  backend(0, RawBackend::answering("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"));
  RawClient& c = client();
  c.send("GET / HTTP/1.0\r\nHost: shop.test\r\nConnection: keep-alive\r\n\r\n");
  run();
  ASSERT_EQ(c.responses().size(), 1U);
  EXPECT_EQ(c.responses()[0].body, "hello");
  EXPECT_TRUE(c.responses()[0].until_close);
  EXPECT_EQ(c.ended(), IoStatus::Eof);
}

TEST_F(ProxyTest, OldClientWithoutHostIsServedByTheDefaultService) {
  config_.default_service = "shop";
  start();
  RawBackend& b = backend(0);
  EXPECT_EQ(ask("GET / HTTP/1.0\r\n\r\n").body, "hello");
  EXPECT_EQ(firstMessage(b.everything(), MessageKind::Request)->field("host"), "10.0.1.1:80");
}

TEST_F(ProxyTest, OldClientWithoutHostIsForWhomeverItIsSentTo) {
  config_.default_service = "shop";
  shop().hosts = service("shop", {0, 1}).hosts;
  shop().hosts[1].backup = true;  // nobody listens on the other one
  start();
  RawBackend& b = backend(1);
  EXPECT_EQ(ask("GET / HTTP/1.0\r\n\r\n").body, "hello");
  EXPECT_EQ(firstMessage(b.everything(), MessageKind::Request)->field("host"), "10.0.1.2:80");
}

TEST_F(ProxyTest, UnknownHostIs404AndTheClientMayAskAgain) {
  start();
  backend(0);
  RawClient& c = client();
  c.send("POST / HTTP/1.1\r\nHost: other.test\r\nContent-Length: 4\r\n\r\nbody" + get("/"));
  run();
  ASSERT_GE(c.responses().size(), 1U);
  EXPECT_EQ(c.responses()[0].status(), 404);
  EXPECT_EQ(c.responses()[0].field("proxy-status"), "lb; error=no_route");
  EXPECT_TRUE(log_.has("no service for host \"other.test\""));
}

// Random sizes, tiny windows, reads and writes cut anywhere: not one byte may differ, nor come to somebody else.
TEST_F(ProxyTest, BytesAreExactHoweverTheyAreCut) {
  config_.limits.buffer_bytes = 4096;
  for (sim::net::Host* host : {&client_host_, &proxy_host_, backend_hosts_[0]}) {
    host->rules().short_read = {1, 2};
    host->rules().short_write = {1, 2};
    host->rules().receive_window = 3000;
    host->rules().send_buffer = 2000;
  }
  fabric_.setRulesBothWays(client_host_, proxy_host_, {.latency = 1ms, .jitter = 2ms, .segment_max = 700});
  setWay(0, {.latency = 1ms, .jitter = 2ms, .segment_max = 900});
  start();
  backend(0, [](RawBackend::Conn& conn) {
    for (const Message& request : conn.takeRequests()) {
      const std::string size = std::to_string(request.body.size());
      conn.send("HTTP/1.1 200 OK\r\nX-Path: " + request.start_line + "\r\nContent-Length: " + size + "\r\n\r\n" +
                request.body);
    }
    if (conn.ended() != IoStatus::Ok) conn.close();
  });
  sim::Prng prng(5);
  std::vector<std::vector<std::string>> expected;
  for (int k = 0; k < 8; ++k) {
    RawClient& c = client();
    expected.emplace_back();
    for (int i = 0; i < 6; ++i) {
      std::string body;
      for (std::uint64_t left = prng.below(20'000); left > 0; --left) body += static_cast<char>(prng.below(256));
      c.send(post("/" + std::to_string(k) + "/" + std::to_string(i), body));
      expected.back().push_back(std::move(body));
    }
  }
  ASSERT_TRUE(runUntil(
      [&] { return std::ranges::all_of(clients_, [](auto& c) { return c->responses().size() == 6; }); }, 120s));
  for (std::size_t k = 0; k < clients_.size(); ++k) {
    const auto responses = clients_[k]->responses();
    for (std::size_t i = 0; i < responses.size(); ++i) {
      EXPECT_EQ(responses[i].body, expected[k][i]);
      EXPECT_EQ(responses[i].field("x-path"), "POST /" + std::to_string(k) + "/" + std::to_string(i) + " HTTP/1.1");
    }
  }
}

}  // namespace
}  // namespace lb::proxy
