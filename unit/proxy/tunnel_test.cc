// After an upgrade: opaque bytes in both directions, each of which ends for itself.
#include "unit/proxy/proxy_fixture.h"

namespace lb::proxy {
namespace {

class TunnelTest : public ProxyTest {
 protected:
  static constexpr const char* kUpgrade =
      "GET /chat HTTP/1.1\r\nHost: shop.test\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n";
  static constexpr const char* kSwitch =
      "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n";

  // Both ends of a tunnel that is up, with nothing received but what follows the 101.
  void open() {
    start();
    backend(0, [](RawBackend::Conn& conn) {
      if (!conn.takeRequests().empty()) conn.send(kSwitch);
    });
    client().send(kUpgrade);
    run();
    EXPECT_EQ(here().responses().at(0).status(), 101);
    EXPECT_EQ(here().responses().at(0).field("upgrade"), "websocket");
    static_cast<void>(here().takeReceived());
    backends_[0]->setScript([](RawBackend::Conn&) {});
    static_cast<void>(there().takeReceived());
  }
  // So many bytes for a backend that takes its time, and then both sides have said everything.
  void endWith(std::size_t bytes) {
    fabric_.setRules(proxy_host_, *backend_hosts_[0], {.latency = 1ms, .bytes_per_second = 100'000});
    here().send(std::string(bytes, 'm'));
    here().finish();
    there().finish();
  }
  RawClient& here() { return *clients_.back(); }
  RawBackend::Conn& there() { return backends_[0]->last(); }
};

TEST_F(TunnelTest, BytesFlowBothWaysUntouched) {
  open();
  here().send(std::string("GET / HTTP/1.1\r\n\r\n\0\xff", 20));
  there().send("0\r\n\r\nHTTP/1.1 200 OK\r\n\r\n");
  run();
  EXPECT_EQ(there().received(), std::string("GET / HTTP/1.1\r\n\r\n\0\xff", 20));
  EXPECT_EQ(here().received(), "0\r\n\r\nHTTP/1.1 200 OK\r\n\r\n");
}

TEST_F(TunnelTest, BytesThatCameWithTheHeadsAreNotLost) {
  start();
  backend(0, [](RawBackend::Conn& conn) {
    if (conn.requests == 0 && !conn.takeRequests().empty()) conn.send(std::string(kSwitch) + "first words");
  });
  RawClient& c = client();
  c.send(std::string(kUpgrade) + "eager bytes");
  run();
  EXPECT_THAT(c.received(), testing::EndsWith("\r\n\r\nfirst words"));
  EXPECT_THAT(backends_[0]->last().received(), testing::EndsWith("\r\n\r\neager bytes"));
}

TEST_F(TunnelTest, ClientEndsFirst) {
  open();
  here().send("bye");
  here().finish();
  run();
  EXPECT_EQ(there().received(), "bye");
  EXPECT_EQ(there().ended(), IoStatus::Eof);
  EXPECT_EQ(here().ended(), IoStatus::Ok);
  there().send("still here");
  run(1s);
  EXPECT_EQ(here().received(), "still here");
  there().finish();
  run();
  EXPECT_EQ(here().ended(), IoStatus::Eof);
  EXPECT_EQ(blocks(), 0U);
  EXPECT_EQ(backendStats(0).connections_active.get(), 0U);
}

TEST_F(TunnelTest, BackendEndsFirst) {
  open();
  there().send("bye");
  there().finish();
  run();
  EXPECT_EQ(here().received(), "bye");
  EXPECT_EQ(here().ended(), IoStatus::Eof);
  EXPECT_EQ(there().ended(), IoStatus::Ok);
  here().send("still here");
  run(1s);
  EXPECT_EQ(there().received(), "still here");
  here().finish();
  run();
  EXPECT_EQ(there().ended(), IoStatus::Eof);
  EXPECT_EQ(backendStats(0).connections_active.get(), 0U);
}

TEST_F(TunnelTest, BothEndAtOnce) {
  open();
  here().send("from here");
  there().send("from there");
  here().finish();
  there().finish();
  run();
  EXPECT_EQ(there().received(), "from here");
  EXPECT_EQ(here().received(), "from there");
  EXPECT_EQ(here().ended(), IoStatus::Eof);
  EXPECT_EQ(there().ended(), IoStatus::Eof);
  EXPECT_EQ(backendStats(0).connections_active.get(), 0U);
}

TEST_F(TunnelTest, LastBytesAreDeliveredBeforeTheEndHoweverSlowly) {
  open();
  endWith(500'000);
  run(20s);
  EXPECT_EQ(there().received().size(), 500'000U);
  EXPECT_EQ(there().ended(), IoStatus::Eof);
}

TEST_F(TunnelTest, LastBytesAreDeliveredAlthoughTheServiceGoes) {
  config_.services.push_back(service("other", {1}));
  shop().hosts = service("shop", {1, 0}).hosts;  // the first one has nothing to finish
  shop().hosts[0].weight = 0;
  open();
  endWith(130'000);
  ASSERT_TRUE(runUntil([&] { return shopStats().inflight_requests.get() == 0; }, 10s)) << "lb has all of it";
  ASSERT_GT(blocks(), 0U) << "and the backend has not";
  config_.services.erase(config_.services.begin());
  reload();
  run(20s);
  EXPECT_EQ(there().received().size(), 130'000U);
  EXPECT_EQ(there().ended(), IoStatus::Eof);
}

TEST_F(TunnelTest, ResetOfEitherSideReachesTheOther) {
  open();
  here().abort();
  run();
  EXPECT_EQ(there().ended(), IoStatus::Reset);
  EXPECT_EQ(blocks(), 0U);
  worker_->reload(std::make_shared<const config::Config>(config_), views_.back());
  backends_[0]->setScript([](RawBackend::Conn& conn) {
    if (!conn.takeRequests().empty()) conn.send(kSwitch);
  });
  client().send(kUpgrade);
  run();
  there().abort();
  run();
  EXPECT_NE(here().ended(), IoStatus::Ok);
}

TEST_F(TunnelTest, SilentTunnelEndsAtItsTimeAndATalkingOneDoesNot) {
  shop().timeouts.tunnel_idle = 60s;
  open();
  for (int i = 0; i < 5; ++i) {
    run(59s);
    (i % 2 == 0 ? static_cast<sim::actor::RawEnd&>(here()) : there()).send("x");
  }
  EXPECT_EQ(here().ended(), IoStatus::Ok);
  run(59s);
  EXPECT_EQ(here().ended(), IoStatus::Ok);
  run(2s);
  EXPECT_NE(here().ended(), IoStatus::Ok);
  EXPECT_NE(there().ended(), IoStatus::Ok);
}

TEST_F(TunnelTest, ATunnelInWhichOneSideAloneSpeaksIsNotSilent) {
  shop().timeouts.tunnel_idle = 60s;
  open();
  for (sim::actor::RawEnd* speaks :
       {static_cast<sim::actor::RawEnd*>(&here()), static_cast<sim::actor::RawEnd*>(&there())}) {
    for (int i = 0; i < 5; ++i) {
      run(40s);
      speaks->send("x");
    }
    run(1s);
    EXPECT_EQ(here().ended(), IoStatus::Ok);
    EXPECT_EQ(there().ended(), IoStatus::Ok);
  }
  EXPECT_EQ(here().received().size(), 5U);
  EXPECT_EQ(there().received().size(), 5U);
}

// What was said before the silence is delivered first, however slowly it is taken: lb reads in pieces that take longer
// than tunnel_idle to pass on, and systems between hold little.
TEST_F(TunnelTest, WhatIsStillTakenIsNoSilence) {
  shop().timeouts.tunnel_idle = 10s;
  proxy_host_.rules().send_buffer = 4'000;
  const std::array slow{&client_host_, backend_hosts_[0]};
  for (sim::net::Host* host : slow) host->rules().receive_window = 4'000;
  open();
  for (sim::net::Host* host : slow) fabric_.setRules(proxy_host_, *host, {.latency = 1ms, .bytes_per_second = 2'000});
  const std::string much(200'000, 'm');  // 100 s
  there().send(much);
  here().send(much);
  run(105s);
  EXPECT_TRUE(here().received() == much) << here().received().size();
  EXPECT_TRUE(there().received() == much) << there().received().size();
  EXPECT_EQ(here().ended(), IoStatus::Ok);
  run(10s);
  EXPECT_NE(here().ended(), IoStatus::Ok);
}

TEST_F(TunnelTest, ReloadThatTakesTheLimitAwayTakesItFromOpenTunnels) {
  shop().timeouts.tunnel_idle = 60s;
  open();
  run(30s);
  shop().timeouts.tunnel_idle = 0s;
  reload();
  run(60s);
  EXPECT_EQ(here().ended(), IoStatus::Ok);
}

TEST_F(TunnelTest, RefusedUpgradeIsAnOrdinaryAnswer) {
  start();
  backend(0);
  RawClient& c = client();
  c.send(kUpgrade);
  c.send(get("/"));
  run();
  ASSERT_EQ(c.responses().size(), 2U);
  EXPECT_EQ(c.responses()[0].body, "hello");
}

TEST_F(TunnelTest, SlowSideHoldsTheOtherBack) {
  open();
  here().setReading(false);
  there().send(std::string(5'000'000, 'x'));
  run(5s);
  EXPECT_GT(there().unsent(), 4'000'000U);
  EXPECT_LE(blocks() * buf::Block::kBytes, 3 * config_.limits.buffer_bytes);
  here().send("the other way is open");
  run();
  EXPECT_EQ(there().received(), "the other way is open");
  here().setReading(true);
  run(5s);
  EXPECT_EQ(here().received().size(), 5'000'000U);
}

}  // namespace
}  // namespace lb::proxy
