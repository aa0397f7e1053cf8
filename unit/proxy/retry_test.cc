// Requests that are sent again: which, where to, how often, and what the client gets when that is over.
#include "unit/proxy/proxy_fixture.h"

namespace lb::proxy {
namespace {

using observe::RetryDenial;
using observe::RetryReason;

constexpr const char* kBusy = "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 4\r\n\r\nbusy";

// Answers nothing and closes.
const RawBackend::Script kSlam = [](RawBackend::Conn& conn) {
  if (!conn.takeRequests().empty()) conn.abort();
};
const RawBackend::Script kSilent = [](RawBackend::Conn& conn) { static_cast<void>(conn.takeRequests()); };

class RetryTest : public ProxyTest {
 protected:
  // Two hosts in turn, so that of two requests one begins at the first.
  void startPair() {
    shop().hosts = service("shop", {0, 1}).hosts;
    shop().balance = config::Balance::RoundRobin;
    shop().pool.max_idle = 0;
    start();
  }
  static std::string keyed(std::string_view body) {
    return "POST / HTTP/1.1\r\nHost: shop.test\r\nIdempotency-Key: k\r\nContent-Length: " +
           std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
  }
  static std::size_t requestsAt(RawBackend& backend) {
    std::size_t count = 0;
    for (const auto& conn : backend.connections()) count += conn->requests;
    return count;
  }
};

TEST_F(RetryTest, ResetOfAnIdempotentRequestGoesToTheOtherHost) {
  startPair();
  backend(0, kSlam);
  backend(1);
  for (int i = 0; i < 4; ++i) EXPECT_EQ(ask(get("/")).body, "hello");
  EXPECT_GE(retried(RetryReason::Reset), 2U);
}

TEST_F(RetryTest, PostThatHasLeftIsNotSentAgain) {
  startPair();
  RawBackend& a = backend(0, kSlam);
  RawBackend& b = backend(1, kSlam);
  EXPECT_EQ(ask(post("/", "body")).status(), 502);
  EXPECT_EQ(requestsAt(a) + requestsAt(b), 1U);
  EXPECT_EQ(denied(RetryDenial::NotIdempotent), 1U);
}

TEST_F(RetryTest, IdempotencyKeyVouchesForAPostIfTheServiceBelievesIt) {
  startPair();
  backend(0, kSlam);
  backend(1);
  std::size_t failed = 0;
  for (int i = 0; i < 2; ++i) failed += ask(keyed("body")).status() == 502 ? 1 : 0;
  EXPECT_EQ(failed, 1U);
  shop().retry.idempotency_key = true;
  reload();
  run();
  for (int i = 0; i < 2; ++i) EXPECT_EQ(ask(keyed("body")).status(), 200);
}

TEST_F(RetryTest, BodyIsSentAgainWholeOrNotAtAll) {
  shop().retry.body_limit = 1000;
  startPair();
  backend(0, kSlam);
  RawBackend& b = backend(1);
  const auto put = [](std::size_t size) {
    return "PUT / HTTP/1.1\r\nHost: shop.test\r\nContent-Length: " + std::to_string(size) + "\r\n\r\n" +
           std::string(size, 'x');
  };
  for (int i = 0; i < 2; ++i) EXPECT_EQ(ask(put(1000)).status(), 200);
  EXPECT_THAT(b.everything(), HasSubstr(std::string(1000, 'x')));
  std::size_t failed = 0;
  for (int i = 0; i < 2; ++i) failed += ask(put(1001)).status() == 502 ? 1 : 0;
  EXPECT_EQ(failed, 1U);
  EXPECT_EQ(denied(RetryDenial::BodyTooLarge), 1U);
}

// Or it would neither be kept nor have been given to a connection that was looked at before.
TEST_F(RetryTest, BodyIsKeptByTheLimitThatItsRequestBeganWith) {
  setWay(0, {.latency = 10ms});
  start();
  backend(0, RawBackend::answering(kHello));
  EXPECT_EQ(ask(get("/1")).status(), 200);
  for (auto& connection : backends_[0]->connections()) connection->close();  // the proxy does not know yet
  RawClient& c = client();
  c.send("PUT / HTTP/1.1\r\nHost: shop.test\r\nContent-Length: 200\r\n\r\n" + std::string(100, 'x'));
  run(2ms);
  shop().retry.body_limit = 150;
  reload();
  c.send(std::string(100, 'x'));
  ASSERT_TRUE(runUntil([&] { return !c.responses().empty(); }, 1s));
  EXPECT_EQ(c.responses()[0].status(), 200);
  EXPECT_EQ(retried(RetryReason::StaleConnection), 1U);
}

// Whoever has had it is known by its address and not by where it was in memory.
TEST_F(RetryTest, HostThatGoesAndComesBackIsNotAskedTwice) {
  startPair();
  RawBackend& a = backend(0, kSlam);
  RawBackend& b = backend(1, kSilent);
  shop().retry.attempts = 2;
  reload();
  RawClient* asking = nullptr;
  for (int i = 0; i < 2 && requestsAt(a) == 0; ++i) {
    asking = &client();
    asking->send(get("/"));
    run();
  }
  ASSERT_EQ(requestsAt(a), 1U);
  shop().hosts = service("shop", {1}).hosts;
  reload();
  run();
  shop().hosts = service("shop", {1, 0}).hosts;
  reload();
  run();
  a.setScript(RawBackend::answering(kHello));
  for (auto& connection : b.connections()) connection->abort();
  run(1s);
  EXPECT_EQ(asking->responses().at(0).status(), 502);
}

TEST_F(RetryTest, StatusIsTriedAgainOnlyIfItIsNamed) {
  startPair();
  backend(0, RawBackend::answering(kBusy));
  backend(1);
  std::size_t busy = 0;
  for (int i = 0; i < 2; ++i) busy += ask(get("/")).status() == 503 ? 1 : 0;
  EXPECT_EQ(busy, 1U);
  shop().retry.on.statuses = {503};
  reload();
  run();
  for (int i = 0; i < 2; ++i) EXPECT_EQ(ask(get("/")).status(), 200);
  EXPECT_GE(retried(RetryReason::Status), 1U);
}

TEST_F(RetryTest, LastRealAnswerIsPassedOnWhenNothingBetterComes) {
  shop().retry.on.statuses = {503};
  startPair();
  backend(0, RawBackend::answering(kBusy));  // the other one refuses
  for (int i = 0; i < 2; ++i) {
    const Message answer = ask(get("/"));
    EXPECT_EQ(answer.status(), 503);
    EXPECT_EQ(answer.body, "busy");
    EXPECT_THAT(answer.field("proxy-status"), testing::Eq(std::nullopt)) << "the backend's, not the proxy's";
  }
  EXPECT_THAT(lastLine(), HasSubstr(backendIp(0)));
}

TEST_F(RetryTest, KeptAnswerIsStreamedWhenItIsPassedOn) {
  shop().retry.on.statuses = {503};
  shop().timeouts.connect = 1s;
  startPair();
  const std::string large(300'000, 'y');
  backend(0, RawBackend::answering("HTTP/1.1 503 No\r\nContent-Length: 300000\r\n\r\n" + large));
  setWay(1, {.black_hole = true});
  for (int i = 0; i < 2; ++i) {
    const Message answer = ask(get("/"));
    EXPECT_EQ(answer.status(), 503);
    EXPECT_EQ(answer.body, large);
  }
  setWay(1, {});
}

// The line is about the answer that was passed on, and not about the attempt that came to nothing after it.
TEST_F(RetryTest, KeptAnswerIsLoggedWithItsOwnConnection) {
  config_.access_log.format = config::LogFormat::Json;
  shop().retry.on.statuses = {503};
  shop().retry.attempts = 1;
  shop().hosts = service("shop", {0, 1}).hosts;
  shop().hosts[1].backup = true;
  start();
  backend(0, kSlam);
  backend(1, [](RawBackend::Conn& conn) {
    if (conn.takeRequests().empty()) return;
    conn.send(conn.requests == 1 ? kHello : "nonsense\r\n\r\n");
  });
  EXPECT_EQ(ask(get("/")).body, "hello") << "and its connection waits in the pool";
  backend(0, RawBackend::answering(kBusy));
  EXPECT_EQ(ask(get("/")).body, "busy");
  EXPECT_THAT(lastLine(), HasSubstr("\"attempts\":2"));
  EXPECT_THAT(lastLine(), HasSubstr("\"backend\":\"10.0.1.1:80\""));
  EXPECT_THAT(lastLine(), HasSubstr("\"conn_reused\":false"));
}

TEST_F(RetryTest, KeptAnswerThatBreaksOffIsNoneToPassOn) {
  shop().retry.on.statuses = {503};
  shop().retry.attempts = 1;
  shop().timeouts.connect = 1s;
  shop().timeouts.response_idle = 1s;
  startPair();
  RawBackend& b = backend(0, [](RawBackend::Conn& conn) {
    if (!conn.takeRequests().empty()) conn.send("HTTP/1.1 503 No\r\nContent-Length: 100\r\n\r\npart");
  });
  setWay(1, {.black_hole = true});
  RawClient& one = client();
  RawClient& two = client();
  one.send(get("/"));
  two.send(get("/"));
  run(500ms);
  for (const auto& conn : b.connections()) conn->abort();
  run(3s);
  for (RawClient* c : {&one, &two}) {
    const bool cut = c->responses().empty() && c->ended() != IoStatus::Ok;
    const bool own = !c->responses().empty() && c->responses()[0].field("proxy-status").has_value();
    EXPECT_TRUE(cut || own) << c->received();
  }
  setWay(1, {});
}

TEST_F(RetryTest, SlowAttemptIsGivenUpAndTriedElsewhere) {
  shop().retry.per_try_timeout = 200ms;
  shop().retry.on.timeout = true;
  startPair();
  backend(0, kSilent);
  backend(1);
  for (int i = 0; i < 2; ++i) EXPECT_EQ(ask(get("/"), 300ms).status(), 200);
  EXPECT_GE(retried(RetryReason::Timeout), 1U);
  const Message posted = ask(post("/", "a"), 300ms);
  const Message again = ask(post("/", "a"), 300ms);
  EXPECT_EQ(std::min(posted.status(), again.status()), 200);
  EXPECT_EQ(std::max(posted.status(), again.status()), 504) << "a POST has its time, but one attempt";
}

TEST_F(RetryTest, SameHostIsTriedAgainAfterABackoff) {
  shop().retry.on.statuses = {503};
  shop().retry.backoff_base = 100ms;
  shop().retry.backoff_max = 100ms;
  start();
  int left = 1;
  RawBackend& b = backend(0, [&](RawBackend::Conn& conn) {
    if (!conn.takeRequests().empty()) conn.send(left-- > 0 ? kBusy : kHello);
  });
  EXPECT_EQ(ask(get("/"), 101ms).status(), 200);
  EXPECT_EQ(retried(RetryReason::Status), 1U);
  b.setScript(kSlam);
  EXPECT_EQ(ask(get("/"), 101ms).status(), 502) << "who breaks off is left alone";
  EXPECT_EQ(denied(RetryDenial::NoHost), 1U);
}

TEST_F(RetryTest, ClientThatLeavesDuringTheBackoffIsForgotten) {
  shop().retry.on.statuses = {503};
  shop().retry.backoff_base = 10s;
  shop().retry.backoff_max = 10s;
  start();
  RawBackend& b = backend(0, RawBackend::answering(kBusy));
  for (int i = 0; i < 3; ++i) {
    RawClient& c = client();
    c.send(get("/"));
    run(1ms);
    c.abort();
  }
  run(11s);
  EXPECT_LE(requestsAt(b), 4U) << "a jitter of nothing may have sent one again at once";
  EXPECT_EQ(shopStats().inflight_requests.get(), 0U);
}

TEST_F(RetryTest, NoRetryThatCannotEndInTime) {
  shop().timeouts.total = 300ms;
  shop().retry.on.timeout = true;
  shop().retry.per_try_timeout = 299ms;
  shop().retry.backoff_base = 1min;
  shop().retry.backoff_max = 1min;
  start();
  RawBackend& b = backend(0, kSilent);
  EXPECT_EQ(ask(get("/"), 400ms).status(), 504);
  EXPECT_EQ(requestsAt(b), 1U);
  EXPECT_EQ(denied(RetryDenial::Deadline), 1U);
}

TEST_F(RetryTest, AttemptsAreCounted) {
  shop().hosts = service("shop", {0, 1, 2}).hosts;
  shop().retry.attempts = 2;
  shop().pool.max_idle = 0;
  start();
  std::vector<RawBackend*> all;
  for (std::size_t i = 0; i < 3; ++i) all.push_back(&backend(i, kSlam));
  EXPECT_EQ(ask(get("/")).status(), 502);
  for (RawBackend* one : all) EXPECT_EQ(requestsAt(*one), 1U) << "each on another host";
  EXPECT_EQ(denied(RetryDenial::Exhausted), 1U);
  EXPECT_THAT(lastLine(), HasSubstr("attempts=3"));
}

TEST_F(RetryTest, BudgetBoundsWhatIsSentAgain) {
  shop().retry.budget = {.percent = 0, .min_concurrency = 2};
  startPair();
  backend(0, kSilent);
  backend(1, kSilent);
  std::vector<RawClient*> asking;
  for (int i = 0; i < 6; ++i) {
    asking.push_back(&client());
    asking.back()->send(get("/"));
  }
  run();
  for (const auto& conn : backends_[0]->connections()) conn->abort();
  run();
  EXPECT_EQ(retried(RetryReason::Reset), 2U);
  EXPECT_EQ(denied(RetryDenial::Budget), 1U);
  for (const auto& conn : backends_[1]->connections()) conn->send(kHello);
  run();
  std::size_t failed = 0;
  for (RawClient* one : asking) failed += one->responses().at(0).status() == 502 ? 1 : 0;
  EXPECT_EQ(failed, 1U);
}

// No backend has seen such a request, so it is no more work for any of them.
TEST_F(RetryTest, ConnectionsThatWereNeverMadeCostNoBudget) {
  shop().retry.budget = {.percent = 0, .min_concurrency = 0};
  startPair();
  backend(1);  // the other one refuses
  for (int i = 0; i < 4; ++i) EXPECT_EQ(ask(post("/", "body")).status(), 200);
  EXPECT_GE(retried(RetryReason::ConnectFailure), 2U);
  EXPECT_EQ(denied(RetryDenial::Budget), 0U);
}

TEST_F(RetryTest, WithoutABudgetNothingIsSentAgainAndStaleConnectionsStillAre) {
  shop().retry.budget = {.percent = 0, .min_concurrency = 0};
  shop().retry.on.statuses = {503};
  start();
  RawBackend& b = backend(0);
  RawClient& c = client();
  c.send(get("/"));
  run();
  b.last().close();
  c.send(get("/"));
  run();
  EXPECT_EQ(c.responses().size(), 2U);
  b.setScript(RawBackend::answering(kBusy));
  EXPECT_EQ(ask(get("/")).status(), 503);
  EXPECT_EQ(denied(RetryDenial::Budget), 1U);
}

}  // namespace
}  // namespace lb::proxy
