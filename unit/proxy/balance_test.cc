// Shares through a whole worker: weights that change while it runs, backups, slow starts, sticky clients.
#include "lb/back/share.h"
#include "unit/proxy/proxy_fixture.h"

namespace lb::proxy {
namespace {

class BalanceTest : public ProxyTest {
 protected:
  void startWith(std::size_t hosts) {
    shop().hosts.clear();
    for (std::size_t i = 0; i < hosts; ++i) {
      shop().hosts.push_back(service("", {i}).hosts.front());
      backend(i, RawBackend::answering("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n" + std::to_string(i)));
    }
    if (edit_) edit_();
    start();
  }
  std::array<int, kBackends> count(int requests) {
    std::array<int, kBackends> counts{};
    for (int i = 0; i < requests; ++i) ++counts.at(static_cast<std::size_t>(ask(get("/")).body.at(0) - '0'));
    return counts;
  }
  std::shared_ptr<back::SharedBackend> shared(std::size_t number) {
    for (auto& one : registry_.backends()) {
      if (one->address.ip.toString() == backendIp(number)) return one;
    }
    return nullptr;
  }
  double weightOf(std::size_t number) {
    for (const auto& state : back::statesOf(registry_, proxy_.clock.now())) {
      if (state.label == backendIp(number) + ":80") return state.weight;
    }
    return -1;
  }
  std::function<void()> edit_;  // of the configuration, before the start
};

TEST_F(BalanceTest, WeightOfZeroGetsNothingAndComesBack) {
  edit_ = [&] {
    shop().balance = config::Balance::RoundRobin;
    shop().hosts[0].weight = 0;
  };
  startWith(2);
  EXPECT_THAT(count(6), ElementsAre(0, 6, 0));
  EXPECT_EQ(weightOf(0), 0);
  shop().hosts[0].weight = 3;
  reload();
  run();
  EXPECT_THAT(count(8), ElementsAre(6, 2, 0));
  EXPECT_EQ(weightOf(0), 3);
}

TEST_F(BalanceTest, WeightSetByHandCountsFromTheNextPick) {
  edit_ = [&] { shop().balance = config::Balance::RoundRobin; };
  startWith(2);
  EXPECT_THAT(count(6), ElementsAre(3, 3, 0));
  shared(0)->set_weight = 0;
  registry_.service("shop")->version.fetch_add(1);
  EXPECT_THAT(count(6), ElementsAre(0, 6, 0));
  shared(0)->set_weight = back::SharedBackend::kNoWeight;
  registry_.service("shop")->version.fetch_add(1);
  EXPECT_THAT(count(6), ElementsAre(3, 3, 0));
}

TEST_F(BalanceTest, NobodyWithAWeightIs503) {
  startWith(1);
  shared(0)->set_weight = 0;
  registry_.service("shop")->version.fetch_add(1);
  const Message answer = ask(get("/"));
  EXPECT_EQ(answer.status(), 503);
  EXPECT_EQ(answer.field("proxy-status"), "lb; error=no_healthy_backend");
}

TEST_F(BalanceTest, BackupIsForWhenAllOthersHaveBeenTried) {
  edit_ = [&] { shop().hosts[2].backup = true; };
  startWith(3);
  EXPECT_EQ(count(20)[2], 0);
  clients_.clear();
  run(5s);
  backends_[0].reset();
  EXPECT_EQ(count(20)[2], 0);  // the other host is there
  shop().hosts[1].weight = 0;
  reload();
  run();
  EXPECT_THAT(count(5), ElementsAre(0, 0, 5));
}

TEST_F(BalanceTest, BackupsAloneServe) {
  edit_ = [&] { shop().hosts[0].backup = shop().hosts[1].backup = true; };
  startWith(2);
  const auto counts = count(40);
  EXPECT_GT(counts[0], 0);
  EXPECT_GT(counts[1], 0);
}

TEST_F(BalanceTest, NewHostStartsSlowlyAndThoseThatWereThereDoNot) {
  edit_ = [&] {
    shop().balance = config::Balance::RoundRobin;
    shop().slow_start = {.window = 100s, .min_weight_percent = 10};
  };
  startWith(1);
  EXPECT_EQ(weightOf(0), 1);
  shop().hosts.push_back(service("", {1}).hosts.front());
  backend(1, RawBackend::answering("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n1"));
  reload();
  run();
  EXPECT_DOUBLE_EQ(weightOf(1), 0.1);
  EXPECT_THAT(count(22), ElementsAre(20, 2, 0));
  run(50s);
  EXPECT_NEAR(weightOf(1), 0.5, 0.01);
  const auto halfway = count(30);
  EXPECT_NEAR(halfway[1], 10, 1);
  run(60s);
  EXPECT_EQ(weightOf(1), 1);
  EXPECT_THAT(count(20), ElementsAre(10, 10, 0));
}

TEST_F(BalanceTest, RecoveredHostStartsSlowly) {
  edit_ = [&] { shop().slow_start = {.window = 100s, .min_weight_percent = 20}; };
  startWith(2);
  shared(1)->since = proxy_.clock.now().since_start.count();  // as whoever finds it well again does
  registry_.service("shop")->version.fetch_add(1);
  EXPECT_DOUBLE_EQ(weightOf(1), 0.2);
  EXPECT_LT(count(60)[1], 25);
}

TEST_F(BalanceTest, StickyClientStaysUntilItsBackendMayNotBePicked) {
  edit_ = [&] {
    shop().balance = config::Balance::RoundRobin;
    shop().sticky = {.cookie = "pin"};
  };
  startWith(3);
  const auto with = [](const std::string& cookie) {
    return "GET / HTTP/1.1\r\nHost: shop.test\r\nCookie: " + cookie + "\r\n\r\n";
  };
  const Message first = ask(get("/"));
  const std::string set = std::string(first.field("set-cookie").value_or(""));
  ASSERT_EQ(set.substr(0, 4), "pin=");
  const std::string pin = set.substr(0, 20);
  for (int i = 0; i < 6; ++i) {
    const Message again = ask(with("a=b; " + pin));
    EXPECT_EQ(again.body, first.body);
    EXPECT_FALSE(again.field("set-cookie").has_value());
  }
  EXPECT_EQ(shopStats().sticky_moved.get(), 0);
  shared(static_cast<std::size_t>(first.body.at(0) - '0'))->set_weight = 0;
  registry_.service("shop")->version.fetch_add(1);
  const Message other = ask(with(pin));
  EXPECT_NE(other.body, first.body);
  EXPECT_TRUE(other.field("set-cookie").has_value());
  EXPECT_EQ(shopStats().sticky_moved.get(), 1);
}

// Three requests at a time with one key: a quarter more than its half, rounded up, are two of them.
TEST_F(BalanceTest, KeysThatABoundOnLoadLeadsElsewhereAreCounted) {
  edit_ = [&] {
    shop().balance = config::Balance::Hash;
    shop().hash.max_load_percent = 125;
  };
  startWith(2);
  static_cast<void>(count(5));
  EXPECT_EQ(shopStats().hash_passed_on.get(), 0);
  for (std::size_t i = 0; i < 2; ++i) backend(i, [](RawBackend::Conn&) {});
  for (int i = 0; i < 3; ++i) client().send(get("/"));
  run();
  EXPECT_EQ(shopStats().hash_passed_on.get(), 1);
}

TEST_F(BalanceTest, SlowAnswersAndErrorsAreRememberedByLatency) {
  edit_ = [&] { shop().balance = config::Balance::PeakEwma; };
  startWith(2);
  backend(1, RawBackend::answering("HTTP/1.1 429 Too Many\r\nContent-Length: 1\r\n\r\n1"));
  EXPECT_LE(count(20)[1], 1);
  EXPECT_GT(shared(1)->latency.seconds(proxy_.clock.now()), 4);
  EXPECT_LT(shared(0)->latency.seconds(proxy_.clock.now()), 0.1);
}

// How long a client takes for its upload, or for reading, and how long a tunnel lives, is not the backend's slowness.
TEST_F(BalanceTest, TimeOfClientsIsNotHeldAgainstLatency) {
  edit_ = [&] { shop().balance = config::Balance::PeakEwma; };
  startWith(1);
  static_cast<void>(count(1));
  const auto seconds = [&] { return shared(0)->latency.seconds(proxy_.clock.now()); };
  const std::string head = "POST / HTTP/1.1\r\nHost: shop.test\r\nContent-Length: 20\r\n\r\n";
  RawClient& slow = client();
  slow.send(head);
  for (int i = 0; i < 20; ++i) {
    run(1s);
    slow.send("x");
  }
  run();
  ASSERT_EQ(slow.responses().size(), 1U);
  EXPECT_LT(seconds(), 0.1);
  RawClient& gone = client();
  gone.send(head + "x");
  run(9s);
  gone.abort();
  run();
  EXPECT_LT(seconds(), 0.1);
}

// One that answers while the upload goes on is known from then on, or nobody else would be sent there for as long.
TEST_F(BalanceTest, EarlyAnswerOfANewBackendIsBetterThanNothing) {
  edit_ = [&] { shop().balance = config::Balance::PeakEwma; };
  startWith(1);
  backend(0, [](RawBackend::Conn& conn) {
    if (std::exchange(conn.requests, 1) == 0)
      conn.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n");
  });
  client().send("POST / HTTP/1.1\r\nHost: shop.test\r\nContent-Length: 20\r\n\r\nx");
  run();
  EXPECT_TRUE(shared(0)->latency.known());
}

TEST_F(BalanceTest, WhatAReloadSwitchesOffIsShownNoMore) {
  edit_ = [&] {
    shop().balance = config::Balance::PeakEwma;
    shop().limits.adaptive = {.enabled = true, .min = 2, .max = 9};
  };
  startWith(2);
  static_cast<void>(count(20));
  for (const auto& state : back::statesOf(registry_, proxy_.clock.now())) {
    EXPECT_EQ(state.concurrency_limit, 2U);
    EXPECT_TRUE(state.latency_seconds.has_value());
  }
  shop().balance = config::Balance::Random;
  shop().limits.adaptive.enabled = false;
  reload();
  run();
  EXPECT_EQ(back::statesOf(registry_, proxy_.clock.now()).size(), 2U);
  for (const auto& state : back::statesOf(registry_, proxy_.clock.now())) {
    EXPECT_FALSE(state.concurrency_limit.has_value());
    EXPECT_FALSE(state.latency_seconds.has_value());
  }
}

TEST_F(BalanceTest, ConnectionThatHadBeenClosedIsNoFailure) {
  edit_ = [&] { shop().balance = config::Balance::PeakEwma; };
  startWith(1);
  backend(0, [](RawBackend::Conn& conn) {  // resets a connection when a second request comes on it
    if (conn.takeRequests().empty()) return;
    if (conn.requests > 1) {
      conn.abort();
    } else {
      conn.send(kHello);
    }
  });
  EXPECT_EQ(ask(get("/")).status(), 200);
  EXPECT_EQ(ask(get("/")).status(), 200);
  EXPECT_EQ(shopStats().retries[static_cast<std::size_t>(observe::RetryReason::StaleConnection)].get(), 1U);
  EXPECT_LT(shared(0)->latency.seconds(proxy_.clock.now()), 0.1);
}

TEST_F(BalanceTest, LoadIsGivenBackHoweverARequestEnds) {
  startWith(1);
  EXPECT_EQ(ask(get("/")).status(), 200);
  backend(0, [](RawBackend::Conn&) {});
  RawClient& gone = client();
  gone.send(get("/"));
  run();
  EXPECT_EQ(shared(0)->inflight.load(), 1U);
  gone.abort();
  run();
  EXPECT_EQ(shared(0)->inflight.load(), 0U);
}

}  // namespace
}  // namespace lb::proxy
