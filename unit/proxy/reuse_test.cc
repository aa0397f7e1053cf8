// Pooled backend connections: when they are used again, when they must not be, and the race that nobody can avoid.
#include "unit/proxy/proxy_fixture.h"

namespace lb::proxy {
namespace {

class ReuseTest : public ProxyTest {
 protected:
  // The backend keeps connections until closeAll(); the way is long enough for the proxy to use one that is closed.
  void startPool(Duration latency = 10ms) {
    setWay(0, {.latency = latency});
    start();
    backend(0, RawBackend::answering(kHello));
  }
  void closeAll() {
    for (auto& connection : backends_[0]->connections()) connection->close();
  }
  std::size_t posts() {
    const std::string all = backends_[0]->everything();
    std::size_t count = 0;
    for (std::size_t at = all.find("POST "); at != std::string::npos; at = all.find("POST ", at + 1)) ++count;
    return count;
  }
};

TEST_F(ReuseTest, ConnectionServesManyRequestsOfManyClients) {
  startPool();
  for (int i = 0; i < 5; ++i) EXPECT_EQ(ask(i % 2 == 0 ? get("/") : post("/", "x")).status(), 200);
  EXPECT_EQ(backendStats(0).connections_opened.get(), 1U);
  EXPECT_EQ(backendStats(0).connections_reused.get(), 4U);
  EXPECT_EQ(backendStats(0).connections_idle.get(), 1U);
}

// Whose default it is to stay or to go is the version of the answer (RFC 9112 9.3).
TEST_F(ReuseTest, AnswersOfOldBackendsKeepAConnectionOnlyIfTheySaySo) {
  start();
  RawBackend& b = backend(0, RawBackend::answering("HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\nx"));
  for (int i = 0; i < 2; ++i) EXPECT_EQ(ask(get("/")).status(), 200);
  EXPECT_EQ(backendStats(0).connections_opened.get(), 2U);
  b.setScript(RawBackend::answering("HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 1\r\n\r\nx"));
  for (int i = 0; i < 2; ++i) EXPECT_EQ(ask(get("/")).status(), 200);
  EXPECT_EQ(backendStats(0).connections_opened.get(), 3U);
}

TEST_F(ReuseTest, StaleConnectionReplaysAGet) {
  startPool();
  EXPECT_EQ(ask(get("/1")).status(), 200);
  closeAll();  // the proxy does not know yet
  EXPECT_EQ(ask(get("/2")).status(), 200);
  EXPECT_EQ(retried(observe::RetryReason::StaleConnection), 1U);
  EXPECT_EQ(backendStats(0).connections_stale_reuse.get(), 1U);
  EXPECT_THAT(lastLine(), HasSubstr("attempts=2"));
}

TEST_F(ReuseTest, StaleConnectionReplaysAPutWithItsBody) {
  startPool();
  EXPECT_EQ(ask(get("/1")).status(), 200);
  closeAll();
  const std::string body(30'000, 'p');
  EXPECT_EQ(ask("PUT /2 HTTP/1.1\r\nHost: shop.test\r\nContent-Length: 30000\r\n\r\n" + body).status(), 200);
  EXPECT_THAT(backends_[0]->last().received(), testing::EndsWith(body));
}

TEST_F(ReuseTest, StaleConnectionNeverReplaysAPost) {
  startPool();
  EXPECT_EQ(ask(get("/1")).status(), 200);
  closeAll();
  const Message answer = ask(post("/2", "order"));
  EXPECT_EQ(answer.status(), 502);
  EXPECT_EQ(posts(), 0U);
  EXPECT_EQ(retried(observe::RetryReason::StaleConnection), 0U);
}

TEST_F(ReuseTest, BodyThatIsTooLargeToKeepIsNotReplayed) {
  shop().retry.body_limit = 1000;
  startPool();
  EXPECT_EQ(ask(get("/1")).status(), 200);
  closeAll();
  EXPECT_EQ(ask("PUT /2 HTTP/1.1\r\nHost: shop.test\r\nContent-Length: 1001\r\n\r\n" + std::string(1001, 'p')).status(),
            502);
  EXPECT_EQ(ask(get("/3")).status(), 200);
  closeAll();
  EXPECT_EQ(ask("PUT /4 HTTP/1.1\r\nHost: shop.test\r\nContent-Length: 1000\r\n\r\n" + std::string(1000, 'p')).status(),
            200);
}

TEST_F(ReuseTest, ReplayHappensOnceAndOnAFreshConnection) {
  startPool();
  for (int i = 0; i < 3; ++i) client().send(get("/"));  // three pooled connections
  run(100ms);
  EXPECT_EQ(backendStats(0).connections_idle.get(), 3U);
  closeAll();
  EXPECT_EQ(ask(get("/again")).status(), 200);
  EXPECT_EQ(retried(observe::RetryReason::StaleConnection), 1U);
  closeAll();
  backends_[0]->setScript([](RawBackend::Conn& conn) { conn.close(); });
  EXPECT_EQ(ask(get("/again")).status(), 502) << "a fresh connection that breaks is the backend's failure";
}

TEST_F(ReuseTest, ClosedConnectionThatIsKnownIsNotUsedForAPost) {
  startPool(1ms);
  EXPECT_EQ(ask(get("/1")).status(), 200);
  closeAll();
  run(100ms);
  EXPECT_EQ(ask(post("/2", "order")).status(), 200);
  EXPECT_EQ(posts(), 1U);
}

// The end has arrived, but the loop has not told anybody yet: looking before the reuse is what helps.
TEST_F(ReuseTest, PostLooksBeforeItTrustsAPooledConnection) {
  startPool(1ms);
  RawClient& c = client();
  c.send(get("/1"));
  run(100ms);
  closeAll();
  run(500us);
  proxy_.loop.pauseFor(10ms);  // both the end and the POST wait for the same turn
  c.send(post("/2", "order"));
  run(1s);
  ASSERT_EQ(c.responses().size(), 2U);
  EXPECT_EQ(c.responses()[1].status(), 200);
  EXPECT_EQ(posts(), 1U);
}

TEST_F(ReuseTest, IdleConnectionThatSpeaksIsClosed) {
  startPool(1ms);
  EXPECT_EQ(ask(get("/1")).status(), 200);
  backends_[0]->last().send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil");
  run(100ms);
  EXPECT_EQ(backendStats(0).connections_idle.get(), 0U);
  EXPECT_EQ(ask(get("/2")).body, "hello");
}

TEST_F(ReuseTest, BytesAfterTheResponseForbidReuse) {
  startPool(1ms);
  backends_[0]->setScript(
      RawBackend::answering(std::string(kHello) + "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil"));
  RawClient& c = client();
  c.send(get("/1") + get("/2"));
  run(1s);
  ASSERT_EQ(c.responses().size(), 2U);
  EXPECT_EQ(c.responses()[0].body + c.responses()[1].body, "hellohello");
  EXPECT_EQ(backendStats(0).connections_opened.get(), 2U);
}

TEST_F(ReuseTest, AnswerBeforeTheRequestWasSentForbidsReuse) {
  startPool(1ms);
  backends_[0]->setScript([](RawBackend::Conn& conn) {
    if (conn.requests++ == 0) conn.send(kHello);
  });
  RawClient& c = client();
  c.send("POST / HTTP/1.1\r\nHost: shop.test\r\nContent-Length: 10\r\n\r\nhalf.");
  run(1s);
  ASSERT_EQ(c.responses().size(), 1U);
  EXPECT_EQ(backendStats(0).connections_idle.get(), 0U);
}

TEST_F(ReuseTest, IdleTimeEndsAConnectionAndTheBackendsPromiseShortensIt) {
  startPool(1ms);
  EXPECT_EQ(ask(get("/1")).status(), 200);
  run(3900ms);
  EXPECT_EQ(backendStats(0).connections_idle.get(), 1U);
  run(200ms);
  EXPECT_EQ(backendStats(0).connections_idle.get(), 0U);
  backends_[0]->setScript(
      RawBackend::answering("HTTP/1.1 200 OK\r\nKeep-Alive: timeout=3\r\nContent-Length: 5\r\n\r\nhello"));
  EXPECT_EQ(ask(get("/2")).status(), 200);
  run(1900ms);
  EXPECT_EQ(backendStats(0).connections_idle.get(), 1U);
  run(200ms);
  EXPECT_EQ(backendStats(0).connections_idle.get(), 0U) << "a second before the backend closes";
}

TEST_F(ReuseTest, PoolHoldsItsMaximumAndTheLongestUnusedGoes) {
  shop().pool.max_idle = 2;
  startPool();
  for (int i = 0; i < 5; ++i) client().send(get("/"));
  run(1s);
  EXPECT_EQ(backendStats(0).connections_opened.get(), 5U);
  EXPECT_EQ(backendStats(0).connections_idle.get(), 2U);
  EXPECT_EQ(backends_[0]->openConnections(), 2U);
}

TEST_F(ReuseTest, ReloadThatAllowsLessClosesWhatIsTooMuch) {
  startPool();
  for (int i = 0; i < 5; ++i) client().send(get("/"));
  run(1s);
  ASSERT_EQ(backendStats(0).connections_idle.get(), 5U);
  shop().pool.max_idle = 2;
  reload();
  EXPECT_EQ(backendStats(0).connections_idle.get(), 2U);
  EXPECT_EQ(ask(get("/")).status(), 200);
  EXPECT_EQ(backendStats(0).connections_reused.get(), 1U);
  shop().pool.max_idle = 0;
  reload();
  EXPECT_EQ(backendStats(0).connections_idle.get(), 0U);
  run();
  EXPECT_EQ(backends_[0]->openConnections(), 0U);
}

TEST_F(ReuseTest, ReloadDoesNotTakeBackThatARequestSaidClose) {
  shop().pool.max_idle = 0;
  startPool(100ms);
  RawClient& first = client();
  first.send(get("/"));
  run(350ms);  // it is with the backend, which keeps the connection all the same
  ASSERT_THAT(backends_[0]->everything(), HasSubstr("Connection: close\r\n"));
  shop().pool.max_idle = 2;
  reload();
  ASSERT_TRUE(runUntil([&] { return !first.responses().empty(); }, 1s));
  EXPECT_EQ(backendStats(0).connections_idle.get(), 0U);
}

TEST_F(ReuseTest, ReloadJudgesWhatIsIdleByItsUse) {
  startPool();
  for (int i = 0; i < 2; ++i) EXPECT_EQ(ask(get("/")).status(), 200);
  shop().pool.max_requests = 3;
  reload();
  EXPECT_EQ(backendStats(0).connections_idle.get(), 1U);
  shop().pool.max_requests = 2;
  reload();
  EXPECT_EQ(backendStats(0).connections_idle.get(), 0U);
}

TEST_F(ReuseTest, ReloadJudgesWhatIsIdleByItsAge) {
  startPool();
  EXPECT_EQ(ask(get("/")).status(), 200);
  run(1s);
  shop().pool.max_age = 3s;
  reload();
  EXPECT_EQ(backendStats(0).connections_idle.get(), 1U);
  shop().pool.max_age = 1s;
  reload();
  EXPECT_EQ(backendStats(0).connections_idle.get(), 0U);
}

TEST_F(ReuseTest, ReloadGivesWhatIsIdleAnotherTime) {
  startPool();
  shop().pool.idle_timeout = 10s;
  reload();
  const auto idleFor = [&](Duration time) {
    run(time);
    return backendStats(0).connections_idle.get() == 1;
  };
  EXPECT_EQ(ask(get("/")).status(), 200);
  ASSERT_TRUE(idleFor(2s));
  shop().pool.idle_timeout = 4s;
  reload();
  EXPECT_TRUE(idleFor(1900ms)) << "counted from its last use and not from the reload";
  shop().pool.idle_timeout = 5s;
  reload();
  EXPECT_TRUE(idleFor(1s));
  EXPECT_FALSE(idleFor(200ms));
  EXPECT_EQ(ask(get("/")).status(), 200);
  ASSERT_TRUE(idleFor(2s));
  shop().pool.idle_timeout = 1s;
  reload();
  EXPECT_EQ(backendStats(0).connections_idle.get(), 0U) << "its time is over already";
}

TEST_F(ReuseTest, NoPoolMeansCloseAndSaysSo) {
  shop().pool.max_idle = 0;
  startPool();
  EXPECT_EQ(ask(get("/1")).status(), 200);
  EXPECT_EQ(ask(get("/2")).status(), 200);
  EXPECT_EQ(backendStats(0).connections_opened.get(), 2U);
  EXPECT_THAT(backends_[0]->everything(), HasSubstr("Connection: close\r\n"));
}

TEST_F(ReuseTest, RequestsOfAConnectionAreLimited) {
  shop().pool.max_requests = 2;
  startPool();
  for (int i = 0; i < 4; ++i) EXPECT_EQ(ask(get("/")).status(), 200);
  EXPECT_EQ(backendStats(0).connections_opened.get(), 2U);
}

TEST_F(ReuseTest, ConnectionThatIsOldAfterARequestServesNoOther) {
  shop().pool.max_age = 3s;
  startPool();
  EXPECT_EQ(ask(get("/")).status(), 200);
  run(2s);
  backends_[0]->setScript([](RawBackend::Conn&) {});
  RawClient& c = client();
  c.send(get("/"));
  run(1s);
  backends_[0]->last().send(kHello);
  run(100ms);
  EXPECT_EQ(c.responses().size(), 1U);
  EXPECT_EQ(backendStats(0).connections_opened.get(), 1U);
  EXPECT_EQ(backendStats(0).connections_idle.get(), 0U);
}

TEST_F(ReuseTest, ConnectionThatGetsOldInThePoolIsClosedThere) {
  shop().pool.max_age = 3s;
  startPool();
  EXPECT_EQ(ask(get("/")).status(), 200);
  run(2s);
  EXPECT_EQ(ask(get("/")).status(), 200);
  EXPECT_EQ(backendStats(0).connections_opened.get(), 1U);
  run(900ms);
  EXPECT_EQ(backendStats(0).connections_idle.get(), 1U);
  run(100ms);
  EXPECT_EQ(backendStats(0).connections_idle.get(), 0U) << "pool.idle_timeout is 4s, but it is 3s old";
  EXPECT_EQ(backends_[0]->openConnections(), 0U);
}

TEST_F(ReuseTest, CloseIsObeyedEvenIfTheBackendDoesNotClose) {
  startPool();
  backends_[0]->setScript(
      RawBackend::answering("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello"));
  EXPECT_EQ(ask(get("/1")).status(), 200);
  EXPECT_EQ(ask(get("/2")).status(), 200);
  EXPECT_EQ(backendStats(0).connections_opened.get(), 2U);
}

}  // namespace
}  // namespace lb::proxy
