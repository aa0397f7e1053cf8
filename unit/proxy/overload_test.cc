// More than the backends can take: limits, the queue, rates.
#include "unit/proxy/proxy_fixture.h"

namespace lb::proxy {
namespace {

const RawBackend::Script kSilent = [](RawBackend::Conn& conn) { static_cast<void>(conn.takeRequests()); };

class OverloadTest : public ProxyTest {
 protected:
  // One request is at the only backend, which takes no second one.
  void startFull() {
    shop().limits.max_inflight = 1;
    start();
    backend(0, kSilent);
    asking(get("/first"));
    run(1ms);
  }
  RawClient& asking(std::string_view request) {
    RawClient& c = client();
    c.send(request);
    return c;
  }
  static int status(const RawClient& client) {
    return client.responses().empty() ? 0 : client.responses().back().status();
  }
  static std::string reason(const RawClient& client) {
    return std::string(client.responses().at(0).field("proxy-status").value_or(""));
  }
};

TEST_F(OverloadTest, BackendGetsNoMoreThanItsLimitAndTheRestWaitInTurn) {
  shop().limits.max_inflight = 2;
  start();
  RawBackend& b = backend(0, kSilent);
  std::vector<RawClient*> all;
  for (int i = 0; i < 5; ++i) {
    all.push_back(&asking(get("/" + std::to_string(i))));
    run(1ms);
  }
  EXPECT_EQ(b.connections().size(), 2U);
  EXPECT_EQ(shopStats().queue_length.get(), 3U);
  for (int served = 0; served < 5; ++served) {
    for (const auto& conn : b.connections()) {
      const std::string& received = conn->received();  // of all its requests, the open one last
      const std::size_t last = received.rfind("GET /");
      if (last != std::string::npos && received.compare(last, 7, "GET /" + std::to_string(served) + " ") == 0)
        conn->send(kHello);
    }
    run(5ms);
    EXPECT_EQ(status(*all[static_cast<std::size_t>(served)]), 200) << served;
    EXPECT_LE(b.openConnections(), 2U);
  }
  EXPECT_EQ(shopStats().queue_length.get(), 0U);
  EXPECT_THAT(lastLine(), HasSubstr(" queue "));
}

// Its pooled connection turns out to be closed: it has a place at the backend and keeps it, even if a reload has left
// fewer.
TEST_F(OverloadTest, RequestThatIsSentAgainKeepsItsPlace) {
  shop().limits.max_inflight = 2;
  setWay(0, {.latency = 10ms});
  start();
  RawBackend& b = backend(0);
  asking(get("/1"));
  asking(get("/2"));
  run(100ms);
  ASSERT_EQ(backendStats(0).connections_idle.get(), 2U);
  b.setScript(kSilent);
  asking(get("/stays"));
  run(50ms);
  for (const auto& conn : b.connections())
    if (conn->received().find("/stays") == std::string::npos) conn->close();  // the proxy does not know yet
  RawClient& again = asking(get("/again"));
  run(5ms);
  shop().limits.max_inflight = 1;
  reload();
  b.setScript(RawBackend::answering(kHello));
  run(100ms);
  EXPECT_EQ(status(again), 200);
  EXPECT_EQ(retried(observe::RetryReason::StaleConnection), 1U);
  EXPECT_EQ(backendStats(0).inflight_requests.get(), 1U);
}

TEST_F(OverloadTest, WaitingHasItsTime) {
  shop().limits.queue.timeout = 500ms;
  startFull();
  RawClient& second = asking(get("/second"));
  run(499ms);
  EXPECT_EQ(status(second), 0);
  run(3ms);
  ASSERT_EQ(status(second), 503);
  EXPECT_EQ(reason(second), "lb; error=queue_timeout");
  EXPECT_EQ(second.responses()[0].field("retry-after"), "1");
}

TEST_F(OverloadTest, ReloadThatShortensTheWaitingDoesSoForThoseWhoWait) {
  shop().limits.queue.timeout = 60s;
  startFull();
  RawClient& second = asking(get("/second"));
  run(100ms);
  shop().limits.queue.timeout = 500ms;
  reload();
  RawClient& third = asking(get("/third"));
  run(495ms);
  EXPECT_EQ(status(second), 0);
  run(10ms);
  EXPECT_EQ(reason(second), "lb; error=queue_timeout");
  EXPECT_EQ(reason(third), "lb; error=queue_timeout");
}

TEST_F(OverloadTest, QueueHasAnEnd) {
  shop().limits.queue.max = 1;
  startFull();
  RawClient& waits = asking(get("/"));
  run(1ms);
  RawClient& turned_away = asking(get("/"));
  run(1ms);
  EXPECT_EQ(status(waits), 0);
  ASSERT_EQ(status(turned_away), 503);
  EXPECT_EQ(reason(turned_away), "lb; error=queue_full");
}

TEST_F(OverloadTest, WhoLeavesTheQueueIsNotServed) {
  shop().limits.max_inflight = 1;
  start();
  RawBackend& b = backend(0, kSilent);
  asking(get("/first"));
  run(1ms);
  RawClient& leaves = asking(get("/leaves"));
  run(1ms);
  RawClient& stays = asking(get("/stays"));
  run(1ms);
  leaves.abort();
  run(1ms);
  EXPECT_EQ(shopStats().queue_length.get(), 1U);
  b.last().send(kHello);
  run(5ms);
  EXPECT_FALSE(b.everything().contains("/leaves"));
  EXPECT_TRUE(b.everything().contains("/stays"));
  b.last().send(kHello);
  run(5ms);
  EXPECT_EQ(status(stays), 200);
}

TEST_F(OverloadTest, BodyWaitsWithItsRequest) {
  shop().limits.max_inflight = 1;
  shop().limits.queue.timeout = 10s;
  start();
  RawBackend& b = backend(0, kSilent);
  asking(get("/first"));
  run(1ms);
  const std::string body(400'000, 'z');
  RawClient& posts = asking(post("/posts", body));
  run(1s);
  EXPECT_LT(blocks() * sizeof(buf::Block), 300'000U) << "it is not read while it waits";
  b.last().send(kHello);
  run(100ms);
  EXPECT_TRUE(b.last().received().ends_with(body));
  b.last().send(kHello);
  run();
  EXPECT_EQ(status(posts), 200);
}

TEST_F(OverloadTest, WaitingRequestTakesABackendThatComes) {
  shop().limits.max_inflight = 1;
  start();
  backend(0, kSilent);
  RawBackend& second = backend(1);
  asking(get("/first"));
  run(1ms);
  RawClient& waits = asking(get("/waits"));
  run(10ms);
  shop().hosts = service("shop", {0, 1}).hosts;
  reload();
  run(10ms);
  EXPECT_EQ(status(waits), 200);
  EXPECT_EQ(second.connections().size(), 1U);
}

TEST_F(OverloadTest, ServiceThatGoesSendsItsQueueAway) {
  shop().limits.max_inflight = 1;
  config_.services.push_back(service("other", {1}));
  start();
  backend(0, kSilent);
  asking(get("/first"));
  run(1ms);
  RawClient& waits = asking(get("/waits"));
  run(1ms);
  config_.services.erase(config_.services.begin());
  reload();
  run(10ms);
  EXPECT_EQ(status(waits), 503);
}

TEST_F(OverloadTest, AdaptiveLimitShedsAtOnce) {
  shop().limits.adaptive = {.enabled = true, .min = 2, .max = 50};
  start();
  backend(0, kSilent);
  std::vector<RawClient*> all;
  for (int i = 0; i < 3; ++i) {
    all.push_back(&asking(get("/")));
    run(1ms);
  }
  ASSERT_EQ(status(*all[2]), 503);
  EXPECT_EQ(reason(*all[2]), "lb; error=overloaded");
}

TEST_F(OverloadTest, RateOfAService) {
  shop().rate_limit = {.rate = 10, .burst = 3, .key = config::RateKey::Service, .name = {}};
  start();
  backend(0);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(ask(get("/")).status(), 200);
  const Message refused = ask(get("/"));
  EXPECT_EQ(refused.status(), 429);
  EXPECT_EQ(refused.field("proxy-status"), "lb; error=rate_limited");
  EXPECT_EQ(refused.field("retry-after"), "1");
  run(100ms);
  EXPECT_EQ(ask(get("/")).status(), 200);
  EXPECT_EQ(ask(get("/")).status(), 429);
}

// The exchange of the one is used again for the other.
TEST_F(OverloadTest, WhenToComeAgainIsOfThisRefusalAndNotOfTheOneBefore) {
  shop().rate_limit = {.rate = 0.1, .burst = 1, .key = config::RateKey::Header, .name = "X-Api-Key"};
  shop().limits.max_inflight = 1;
  shop().limits.queue.max = 0;
  start();
  RawBackend& b = backend(0);
  const auto with = [](const char* key) {
    return "GET / HTTP/1.1\r\nHost: shop.test\r\nX-Api-Key: " + std::string(key) + "\r\n\r\n";
  };
  RawClient& c = client();
  const auto again = [&](const char* key) {
    c.send(with(key));
    run(1ms);
    return c.responses().back();
  };
  EXPECT_EQ(again("a").status(), 200);
  b.setScript(kSilent);
  asking(with("b"));  // has the backend to itself
  run(1ms);
  const Message limited = again("a");
  EXPECT_EQ(limited.status(), 429);
  EXPECT_EQ(limited.field("retry-after"), "10");
  const Message full = again("c");
  EXPECT_EQ(full.status(), 503);
  EXPECT_EQ(full.field("retry-after"), "1");
}

TEST_F(OverloadTest, RateOfEachValueOfAHeader) {
  shop().rate_limit = {.rate = 1, .burst = 1, .key = config::RateKey::Header, .name = "X-Api-Key"};
  start();
  backend(0);
  const auto with = [](const char* key) {
    return "GET / HTTP/1.1\r\nHost: shop.test\r\nX-API-KEY: " + std::string(key) + "\r\n\r\n";
  };
  EXPECT_EQ(ask(with("a")).status(), 200);
  EXPECT_EQ(ask(with("b")).status(), 200);
  EXPECT_EQ(ask(get("/")).status(), 200) << "without the header: a key of its own";
  for (const std::string& request : {with("a"), with("b"), get("/")}) EXPECT_EQ(ask(request).status(), 429);
}

TEST_F(OverloadTest, ConnectionsOfOneAddressAreLimited) {
  config_.limits.max_connections_per_client = 2;
  start();
  backend(0);
  RawClient& one = asking(get("/"));
  RawClient& two = asking(get("/"));
  run();
  RawClient& three = asking(get("/"));
  run();
  EXPECT_EQ(status(one) + status(two), 400);
  EXPECT_EQ(three.ended(), IoStatus::Reset);
  EXPECT_EQ(views_.back().worker->rejected_per_client.get(), 1U);
  one.close();
  run();
  EXPECT_EQ(ask(get("/")).status(), 200);
}

}  // namespace
}  // namespace lb::proxy
