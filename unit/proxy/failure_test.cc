// Backends that refuse, vanish, stall, break off or talk nonsense: what the client sees, and exactly when.
#include "unit/proxy/proxy_fixture.h"

namespace lb::proxy {
namespace {

constexpr Duration kSlack = 1ms;

TEST_F(ProxyTest, RefusedConnectionGoesToTheOtherHost) {
  shop().hosts = service("shop", {0, 1}).hosts;
  shop().balance = config::Balance::RoundRobin;
  start();
  backend(1);
  for (int i = 0; i < 4; ++i) {
    EXPECT_EQ(ask(post("/", "body")).body, "hello") << "even a POST: not a byte of it had left";
    clients_.clear();
    run(5s);  // no pooled connection either
  }
  EXPECT_GT(retried(observe::RetryReason::ConnectFailure), 0U);
}

TEST_F(ProxyTest, RefusedByEveryHostIs502) {
  shop().hosts = service("shop", {0, 1}).hosts;
  start();
  const Message answer = ask(get("/"));
  EXPECT_EQ(answer.status(), 502);
  EXPECT_EQ(answer.field("proxy-status"), "lb; error=connect_failed");
  EXPECT_THAT(lastLine(), HasSubstr("attempts=2"));
}

TEST_F(ProxyTest, SingleHostIsNotTriedAgainWhenItRefuses) {
  config_.access_log.format = config::LogFormat::Json;
  start();
  EXPECT_EQ(ask(get("/")).status(), 502);
  EXPECT_THAT(lastLine(), HasSubstr("\"t_connect\":null")) << "no connection, no time that it took";
  EXPECT_EQ(retried(observe::RetryReason::ConnectFailure), 0U);
  EXPECT_EQ(backendStats(0).connections_opened.get(), 1U);
}

TEST_F(ProxyTest, BlackHoleIs504AfterTheConnectTime) {
  start();
  backend(0);
  setWay(0, {.black_hole = true});
  RawClient& c = client();
  c.send(get("/"));
  run(shop().timeouts.connect - kSlack);
  EXPECT_EQ(c.received(), "");
  run(2 * kSlack);
  ASSERT_EQ(c.responses().size(), 1U);
  EXPECT_EQ(c.responses()[0].status(), 504);
  EXPECT_EQ(c.responses()[0].field("proxy-status"), "lb; error=connect_timeout");
  setWay(0, {});
  EXPECT_EQ(ask(get("/")).status(), 200);
}

TEST_F(ProxyTest, BlackHoleGoesToTheOtherHostAfterTheConnectTime) {
  shop().hosts = service("shop", {0, 1}).hosts;
  shop().balance = config::Balance::RoundRobin;
  start();
  backend(0);
  backend(1);
  setWay(0, {.black_hole = true});
  for (int i = 0; i < 3; ++i) EXPECT_EQ(ask(get("/")).status(), 200);
  EXPECT_GT(retried(observe::RetryReason::ConnectFailure), 0U);
}

TEST_F(ProxyTest, BackendThatNeverAnswersIs504AtItsTime) {
  start();
  RawBackend& b = backend(0, [](RawBackend::Conn&) {});
  RawClient& c = client();
  c.send(get("/"));
  run(shop().timeouts.response_header - kSlack);
  EXPECT_EQ(c.received(), "");
  EXPECT_EQ(b.last().ended(), IoStatus::Ok);
  run(2 * kSlack);
  ASSERT_EQ(c.responses().size(), 1U);
  EXPECT_EQ(c.responses()[0].status(), 504);
  EXPECT_EQ(c.ended(), IoStatus::Ok) << "the client's connection has done nothing wrong";
  EXPECT_EQ(b.last().ended(), IoStatus::Reset);
}

TEST_F(ProxyTest, HeaderTimeRunsFromTheLastByteOfTheRequest) {
  start();
  backend(0, [](RawBackend::Conn&) {});
  RawClient& c = client();
  c.send("POST / HTTP/1.1\r\nHost: shop.test\r\nContent-Length: 50000\r\n\r\n");
  for (int i = 0; i < 5; ++i) {
    c.send(std::string(10'000, 'x'));
    run(20s);
  }
  EXPECT_EQ(c.received(), "");
  run(10s + kSlack);
  EXPECT_EQ(c.responses().at(0).status(), 504);
}

TEST_F(ProxyTest, WholeExchangeMayHaveATime) {
  shop().timeouts.total = 5s;
  start();
  backend(0, [](RawBackend::Conn&) {});
  RawClient& c = client();
  c.send(get("/"));
  run(5s - kSlack);
  EXPECT_EQ(c.received(), "");
  run(2 * kSlack);
  EXPECT_EQ(c.responses().at(0).status(), 504);
  backends_[0]->setScript(
      [](RawBackend::Conn& conn) { conn.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc"); });
  RawClient& cut = client();
  cut.send(get("/"));
  run(5s + kSlack);
  EXPECT_NE(cut.ended(), IoStatus::Ok);
  EXPECT_THAT(cut.responses(), IsEmpty());
}

struct BrokenRow {
  const char* name;
  std::string answer;
  bool abort;
  const char* error;
};

TEST_F(ProxyTest, BrokenAnswersAre502) {
  start();
  const std::vector<BrokenRow> rows{
      {"closes", "", false, "backend_closed"},
      {"resets", "", true, "backend_closed"},
      {"closes in the head", "HTTP/1.1 200 OK\r\nContent-", false, "backend_closed"},
      {"resets in the head", "HTTP/1.1 200 OK\r\nContent-", true, "backend_closed"},
      {"speaks another protocol", "SSH-2.0-OpenSSH_9.2\r\n\r\n", false, "bad_backend_response"},
      {"two lengths", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", false,
       "bad_backend_response"},
      {"a switch nobody asked for", "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
       false, "bad_backend_response"},
      {"too large a head", "HTTP/1.1 200 OK\r\nX: " + std::string(70'000, 'x') + "\r\n\r\n", false,
       "bad_backend_response"},
  };
  for (const BrokenRow& row : rows) {
    backend(0, [&](RawBackend::Conn& conn) {
      if (conn.takeRequests().empty()) return;
      conn.send(row.answer);
      if (row.abort) {
        conn.abort();
      } else {
        conn.finish();
      }
    });
    const Message answer = ask(get("/"));
    EXPECT_EQ(answer.status(), 502) << row.name;
    EXPECT_EQ(answer.field("proxy-status"), std::string("lb; error=") + row.error) << row.name;
    backends_[0].reset();
    run();
  }
}

TEST_F(ProxyTest, CutResponseNeverLooksComplete) {
  start();
  for (const char* head : {"Content-Length: 100", "Transfer-Encoding: chunked"}) {
    for (const bool abort : {false, true}) {
      backend(0, [&](RawBackend::Conn& conn) {
        if (conn.takeRequests().empty()) return;
        conn.send("HTTP/1.1 200 OK\r\n" + std::string(head) + "\r\n\r\n5\r\nhalf.\r\n");
        if (abort) {
          conn.abort();
        } else {
          conn.finish();
        }
      });
      RawClient& c = client();
      c.send(get("/"));
      RawClient& old = client();
      old.send("GET / HTTP/1.0\r\nHost: shop.test\r\n\r\n");
      run(1s);
      EXPECT_NE(c.ended(), IoStatus::Ok) << head;
      EXPECT_THAT(c.responses(), IsEmpty()) << head;
      EXPECT_TRUE(old.ended() == IoStatus::Reset || old.responses().empty()) << head;
      EXPECT_NE(old.ended(), IoStatus::Ok) << head;
      backends_[0].reset();
      run();
    }
  }
  EXPECT_GT(shopStats().truncated_responses.get(), 0U);
}

TEST_F(ProxyTest, ResponseThatStopsIsCutAtItsTime) {
  start();
  backend(0, [](RawBackend::Conn& conn) { conn.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc"); });
  RawClient& c = client();
  c.send(get("/"));
  run(shop().timeouts.response_idle - kSlack);
  EXPECT_EQ(c.ended(), IoStatus::Ok);
  run(2 * kSlack);
  EXPECT_NE(c.ended(), IoStatus::Ok);
  EXPECT_THAT(c.responses(), IsEmpty());
}

TEST_F(ProxyTest, BackendThatStopsReadingTheRequestIs504AtItsTime) {
  start();
  backend_hosts_[0]->rules().receive_window = 1000;
  RawBackend& b = backend(0, [](RawBackend::Conn& conn) { conn.setReading(false); });
  RawClient& c = client();
  c.send(post("/", std::string(1'000'000, 'x')));
  run(shop().timeouts.response_idle + 1s);
  EXPECT_EQ(c.responses().at(0).status(), 504);
  EXPECT_EQ(b.connections().size(), 1U);
}

TEST_F(ProxyTest, EarlyAnswerOfABackendThatClosesIsPassedOn) {
  start();
  backend(0, [](RawBackend::Conn& conn) {
    if (conn.received().empty() || conn.gone()) return;
    conn.send("HTTP/1.1 413 Content Too Large\r\nContent-Length: 3\r\nConnection: close\r\n\r\nno!");
    conn.finish();
  });
  RawClient& c = client();
  c.send(post("/", std::string(300'000, 'x')));
  run(1s);
  ASSERT_EQ(c.responses().size(), 1U);
  EXPECT_EQ(c.responses()[0].status(), 413);
  EXPECT_EQ(c.responses()[0].body, "no!");
}

// It echoes, and the client goes in the middle of what it sends.
TEST_F(ProxyTest, BackendThatWaitsForTheRestOfARequestIsNotToBlame) {
  start();
  backend(0, [](RawBackend::Conn& conn) {
    if (std::exchange(conn.requests, 1) == 0)
      conn.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n");
  });
  RawClient& c = client();
  c.send("POST / HTTP/1.1\r\nHost: shop.test\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n");
  run(1s);
  EXPECT_THAT(c.received(), HasSubstr("hello"));
  c.finish();
  run(shop().timeouts.response_idle + 1s);
  EXPECT_THAT(lastLine(), HasSubstr(" 200 113B reason=request_timeout"));
  EXPECT_THAT(lastLine(), testing::Not(HasSubstr("backend_broke")));
  EXPECT_EQ(registry_.backends().at(0)->health.failuresInARow(), 0U);
  EXPECT_EQ(backendStats(0).attempts[static_cast<std::size_t>(observe::AttemptResult::Cancelled)].get(), 1U);
}

// It has begun to answer and says no more before it has the whole request, which takes its time.
TEST_F(ProxyTest, EarlyHeadDoesNotHurryAnUploadThatGoesOn) {
  start();
  backend(0, [](RawBackend::Conn& conn) {
    if (std::exchange(conn.requests, 1) == 0)
      conn.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n");
    if (conn.received().ends_with("\r\n0\r\n\r\n")) conn.send("0\r\n\r\n");
  });
  RawClient& c = client();
  c.send("POST / HTTP/1.1\r\nHost: shop.test\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n");
  for (int pieces = 0; pieces < 5; ++pieces) {
    run(shop().timeouts.response_idle / 2);
    c.send("5\r\nhello\r\n");
  }
  c.send("0\r\n\r\n");
  run(1s);
  ASSERT_EQ(c.responses().size(), 1U);
  EXPECT_EQ(c.responses()[0].body, "hello");
  EXPECT_EQ(registry_.backends().at(0)->health.failuresInARow(), 0U);
}

// The client goes on, and it is the backend that takes no more.
TEST_F(ProxyTest, BackendThatHangsWithinAnUploadIsToBlame) {
  start();
  backend_hosts_[0]->rules().receive_window = 1000;
  RawBackend& b = backend(0, [](RawBackend::Conn& conn) {
    if (std::exchange(conn.requests, 1) == 0)
      conn.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n");
  });
  RawClient& c = client();
  c.send("POST / HTTP/1.1\r\nHost: shop.test\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n");
  run(1s);
  b.connections().at(0)->setReading(false);
  c.send("200000\r\n" + std::string(0x200000, 'x'));
  run(shop().timeouts.response_idle + 1s);
  EXPECT_THAT(lastLine(), HasSubstr("reason=backend_timeout"));
  EXPECT_EQ(registry_.backends().at(0)->health.failuresInARow(), 1U);
}

TEST_F(ProxyTest, NoDescriptorForABackendIs503) {
  start();
  backend(0);
  proxy_host_.rules().connect_exhausted = true;
  const Message answer = ask(get("/"));
  EXPECT_EQ(answer.status(), 503);
  EXPECT_EQ(answer.field("proxy-status"), "lb; error=overloaded");
  proxy_host_.rules().connect_exhausted = false;
  EXPECT_EQ(ask(get("/")).status(), 200);
}

TEST_F(ProxyTest, PartitionIsWaitedOutIfItIsShort) {
  start();
  backend(0);
  RawClient& c = client();
  c.send(get("/"));
  run(1s);
  setWay(0, {.stalled = true});
  c.send(get("/"));
  run(20s);
  EXPECT_EQ(c.responses().size(), 1U);
  setWay(0, {});
  run(1s);
  EXPECT_EQ(c.responses().size(), 2U);
}

}  // namespace
}  // namespace lb::proxy
