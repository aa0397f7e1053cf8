// Changes under traffic: reloads, names that move, drain and shutdown.
#include "lb/back/host_resolver.h"
#include "unit/proxy/proxy_fixture.h"

namespace lb::proxy {
namespace {

// A script that leaves its requests open until the test answers.
const RawBackend::Script kSilent = [](RawBackend::Conn& conn) { static_cast<void>(conn.takeRequests()); };

TEST_F(ProxyTest, ReloadKeepsWhatIsInFlightOfAServiceThatGoes) {
  config_.services.push_back(service("other", {1}));
  start();
  RawBackend& b = backend(0, kSilent);
  backend(1);
  RawClient& c = client();
  c.send(get("/slow"));
  run();
  config_.services.erase(config_.services.begin());  // shop is gone
  reload();
  EXPECT_EQ(ask(get("/new")).status(), 404);
  EXPECT_EQ(ask("GET / HTTP/1.1\r\nHost: other.test\r\n\r\n").status(), 200);
  b.last().send(kHello);
  run();
  ASSERT_EQ(c.responses().size(), 1U);
  EXPECT_EQ(c.responses()[0].body, "hello");
  EXPECT_EQ(b.openConnections(), 0U) << "and then its connections close";
  c.send(get("/next"));
  run();
  EXPECT_EQ(c.responses().back().status(), 404);
}

TEST_F(ProxyTest, ReloadMovesAServiceToAnotherHost) {
  start();
  RawBackend& first = backend(0);
  RawBackend& second = backend(1);
  EXPECT_EQ(ask(get("/")).status(), 200);
  EXPECT_EQ(first.openConnections(), 1U);
  shop().hosts = service("shop", {1}).hosts;
  reload();
  run();
  EXPECT_EQ(first.openConnections(), 0U) << "idle connections to the old host close";
  EXPECT_EQ(ask(get("/")).status(), 200);
  EXPECT_EQ(second.connections().size(), 1U);
}

TEST_F(ProxyTest, ReloadOfTheSameKeepsPooledConnections) {
  start();
  backend(0);
  EXPECT_EQ(ask(get("/")).status(), 200);
  for (int i = 0; i < 3; ++i) {
    reload();
    EXPECT_EQ(ask(get("/")).status(), 200);
  }
  EXPECT_EQ(backendStats(0).connections_opened.get(), 1U);
  EXPECT_EQ(backendStats(0).connections_reused.get(), 3U);
}

TEST_F(ProxyTest, ReloadOpensAndClosesListeners) {
  start();
  backend(0);
  RawClient& old = client();
  old.send(get("/"));
  run();
  config_.listen = {{.address = "10.0.0.2", .port = 9090, .place = {}}};
  reload();
  run();
  old.send(get("/"));
  RawClient late(client_.env(), {proxy_host_.address(), kPort});
  RawClient fresh(client_.env(), {proxy_host_.address(), 9090});
  fresh.send(get("/"));
  run();
  EXPECT_EQ(old.responses().size(), 2U) << "connections outlive their listener";
  EXPECT_EQ(late.ended(), IoStatus::Refused);
  EXPECT_EQ(fresh.responses().size(), 1U);
}

TEST_F(ProxyTest, NewTimeoutsHoldForTheNextRequestOnAnOldConnection) {
  start();
  backend(0);
  RawClient& c = client();
  c.send(get("/"));
  run();
  shop().timeouts.response_header = 1s;
  reload();
  backends_[0]->setScript(kSilent);
  c.send(get("/"));
  run(1s + 5ms);
  ASSERT_EQ(c.responses().size(), 2U);
  EXPECT_EQ(c.responses()[1].status(), 504);
}

TEST_F(ProxyTest, NameIsFollowedWhenItMoves) {
  shop().hosts = {{.address = "shop.internal", .port = 80, .place = {}}};
  fabric_.setName("shop.internal", {.addresses = {backend_hosts_[0]->address()}, .ttl = 5s});
  start();
  RawBackend& first = backend(0);
  RawBackend& second = backend(1);
  EXPECT_EQ(ask(get("/")).status(), 200);
  fabric_.setName("shop.internal", {.addresses = {backend_hosts_[1]->address()}, .ttl = 5s});
  run(6s);
  EXPECT_EQ(first.openConnections(), 0U);
  EXPECT_EQ(ask(get("/")).status(), 200);
  EXPECT_EQ(second.connections().size(), 1U);
  fabric_.setName("shop.internal", {.addresses = {}, .fails = true});
  run(60s);
  EXPECT_EQ(ask(get("/")).status(), 200) << "the last good answer goes on being used";
  EXPECT_TRUE(log_.has("does not resolve"));
}

TEST_F(ProxyTest, NameThatMovesLeavesWhatIsInFlight) {
  shop().hosts = {{.address = "shop.internal", .port = 80, .place = {}}};
  fabric_.setName("shop.internal", {.addresses = {backend_hosts_[0]->address()}, .ttl = 2s});
  start();
  RawBackend& b = backend(0, kSilent);
  RawClient& c = client();
  c.send(get("/"));
  run();
  fabric_.setName("shop.internal", {.addresses = {backend_hosts_[1]->address()}, .ttl = 2s});
  run(5s);
  b.last().send(kHello);
  run();
  EXPECT_EQ(c.responses().size(), 1U);
  EXPECT_EQ(b.openConnections(), 0U);
}

TEST_F(ProxyTest, HostServesUntilTheNameThatReplacesItIsKnown) {
  start();
  RawBackend& first = backend(0);
  RawBackend& second = backend(1);
  fabric_.setName("shop.internal", {.addresses = {backend_hosts_[1]->address()}, .delay = 2s});
  shop().hosts = {{.address = "shop.internal", .port = 80, .place = {}}};
  reload();
  run(1s);
  EXPECT_EQ(ask(get("/")).status(), 200);
  EXPECT_EQ(first.connections().size(), 1U);
  run(2s);
  EXPECT_EQ(ask(get("/")).status(), 200);
  EXPECT_EQ(first.openConnections(), 0U);
  EXPECT_EQ(second.connections().size(), 1U);
}

TEST_F(ProxyTest, HostLeavesAlthoughTheNameThatReplacesItDoesNotResolve) {
  start();
  RawBackend& first = backend(0);
  fabric_.setName("shop.internal", {.addresses = {}, .fails = true});
  shop().hosts = {{.address = "shop.internal", .port = 80, .place = {}}};
  reload();
  run(1s);
  EXPECT_EQ(ask(get("/")).status(), 503);
  EXPECT_TRUE(first.connections().empty());
}

TEST_F(ProxyTest, HostLeavesAlthoughTheNameThatReplacesItLeavesAgain) {
  shop().hosts = service("shop", {0, 1}).hosts;
  start();
  RawBackend& first = backend(0);
  RawBackend& second = backend(1);
  fabric_.setName("shop.internal", {.addresses = {}, .silent = true});
  shop().hosts[0].address = "shop.internal";
  reload();
  run();
  shop().hosts.erase(shop().hosts.begin());
  reload();
  for (int i = 0; i < 20; ++i) EXPECT_EQ(ask(get("/")).status(), 200);
  EXPECT_TRUE(first.connections().empty());
  EXPECT_EQ(second.last().requests, 20U);
}

// Whoever is taken away serves on as it is: nobody asks for its name again, whose answer would be for nobody.
TEST_F(ProxyTest, HostWhoseNameIsTooOldServesUntilTheOneThatReplacesItIsLookedUp) {
  shop().hosts = {{.address = "old.internal", .port = 80, .place = {}}};
  fabric_.setName("old.internal",
                  {.addresses = {backend_hosts_[0]->address(), backend_hosts_[1]->address()}, .ttl = 5s});
  fabric_.setName("new.internal", {.addresses = {}, .silent = true});
  start();
  RawBackend& first = backend(0);
  RawBackend& second = backend(1);
  shop().hosts[0].address = "new.internal";
  reload();
  run(12s);
  for (int i = 0; i < 20; ++i) EXPECT_EQ(ask(get("/")).status(), 200);
  EXPECT_FALSE(first.connections().empty());
  EXPECT_FALSE(second.connections().empty());
  run(back::HostResolver::kLookupMax);
  EXPECT_EQ(ask(get("/")).status(), 503) << "the new name is asked for in vain";
}

TEST_F(ProxyTest, NameThatComesBackLeadsWhereItLedWhateverItsLookupSays) {
  shop().hosts = {{.address = "old.internal", .port = 80, .place = {}}};
  fabric_.setName("old.internal", {.addresses = {backend_hosts_[0]->address()}});
  fabric_.setName("new.internal", {.addresses = {}, .silent = true});
  start();
  RawBackend& b = backend(0);
  shop().hosts[0].address = "new.internal";
  reload();
  run(1s);
  fabric_.setName("old.internal", {.addresses = {}, .fails = true});
  shop().hosts[0].address = "old.internal";
  reload();
  EXPECT_EQ(ask(get("/")).status(), 200);
  run(1min);
  EXPECT_EQ(ask(get("/")).status(), 200);
  EXPECT_EQ(backendStats(0).connections_opened.get(), 2U) << "and counts as the host that is configured now";
  EXPECT_EQ(b.openConnections(), 1U);
}

TEST_F(ProxyTest, ReloadAtTheStartDoesNotMakeItAcceptEarlier) {
  shop().hosts = {{.address = "slow.internal", .port = 80, .place = {}}};
  fabric_.setName("slow.internal", {.addresses = {backend_hosts_[0]->address()}, .delay = 500ms});
  backend(0);
  bool accepting = false;
  views_.push_back(telemetry_.apply(config_).at(0));
  ASSERT_TRUE(
      worker_
          ->start(std::make_shared<const config::Config>(config_), views_.back(), registry_, [&] { accepting = true; })
          .has_value());
  run();
  config_.services.push_back(service("other", {1}));
  reload();
  run(400ms);
  EXPECT_FALSE(accepting);
  run(200ms);
  EXPECT_TRUE(accepting);
  EXPECT_EQ(ask(get("/")).status(), 200);
}

TEST_F(ProxyTest, BackendIsCalledAsItsHostIs) {
  start();
  backend(0);
  const auto label = [&] { return registry_.backends().at(0)->label(); };
  const std::shared_ptr<back::SharedBackend> before = registry_.backends().at(0);
  EXPECT_EQ(label(), "10.0.1.1:80");
  fabric_.setName("one.internal", {.addresses = {backend_hosts_[0]->address()}});
  fabric_.setName("two.internal", {.addresses = {backend_hosts_[0]->address()}});
  shop().hosts = {{.address = "one.internal", .port = 80, .place = {}},
                  {.address = "two.internal", .port = 80, .place = {}}};
  reload();
  run(1s);
  EXPECT_EQ(label(), "one.internal:80") << "of two the first";
  shop().hosts.erase(shop().hosts.begin());
  reload();
  EXPECT_EQ(label(), "two.internal:80");
  EXPECT_EQ(registry_.backends().at(0), before) << "and it is the same";
}

TEST_F(ProxyTest, BackendIsCalledAsTheHostThatStillLeadsThere) {
  shop().hosts = {{.address = "one.internal", .port = 80, .place = {}},
                  {.address = "two.internal", .port = 80, .place = {}}};
  fabric_.setName("one.internal", {.addresses = {backend_hosts_[1]->address()}, .ttl = 5s});
  fabric_.setName("two.internal", {.addresses = {backend_hosts_[1]->address()}, .ttl = 60s});
  start();
  ASSERT_EQ(registry_.backends().size(), 1U);
  EXPECT_EQ(registry_.backends()[0]->label(), "one.internal:80");
  fabric_.setName("one.internal", {.addresses = {backend_hosts_[0]->address()}, .ttl = 5s});
  run(6s);
  ASSERT_EQ(registry_.backends().size(), 2U);
  EXPECT_EQ(registry_.backends()[0]->label(), "one.internal:80");
  EXPECT_EQ(registry_.backends()[1]->label(), "two.internal:80");
}

TEST_F(ProxyTest, UnknownNameIs503AndTheStartWaitsForItNotForEver) {
  shop().hosts = {{.address = "nowhere.internal", .port = 80, .place = {}}};
  fabric_.setName("nowhere.internal", {.addresses = {}, .silent = true});
  const sim::MonoTime begin = world_.now();
  start();
  EXPECT_GE(world_.now() - begin, Worker::kFirstLookupsWait);
  const Message answer = ask(get("/"));
  EXPECT_EQ(answer.status(), 503);
  EXPECT_EQ(answer.field("proxy-status"), "lb; error=no_healthy_backend");
}

TEST_F(ProxyTest, NameWithManyAddressesIsAsManyBackends) {
  shop().hosts = {{.address = "shop.internal", .port = 80, .place = {}}};
  shop().balance = config::Balance::RoundRobin;
  fabric_.setName("shop.internal", {.addresses = {backend_hosts_[0]->address(), backend_hosts_[1]->address(),
                                                  backend_hosts_[2]->address()}});
  start();
  for (std::size_t i = 0; i < kBackends; ++i) backend(i);
  for (int i = 0; i < 6; ++i) EXPECT_EQ(ask(get("/")).status(), 200);
  for (std::size_t i = 0; i < kBackends; ++i) EXPECT_EQ(backends_[i]->last().requests, 2U);
}

TEST_F(ProxyTest, DrainFinishesWhatIsInFlight) {
  start();
  RawBackend& b = backend(0, kSilent);
  RawClient& busy = client();
  busy.send(get("/"));
  run();
  bool drained = false;
  worker_->drain(30s, [&] { drained = true; });
  run(5s);
  EXPECT_FALSE(drained);
  b.last().send(kHello);
  run();
  EXPECT_EQ(busy.responses().at(0).body, "hello");
  EXPECT_EQ(busy.responses().at(0).field("connection"), "close");
  EXPECT_EQ(busy.ended(), IoStatus::Eof);
  busy.close();
  run();
  EXPECT_TRUE(drained);
  EXPECT_EQ(b.openConnections(), 0U);
}

TEST_F(ProxyTest, DrainCutsWhatTakesTooLong) {
  start();
  RawBackend& b = backend(0, kSilent);
  RawClient& c = client();
  c.send(get("/"));
  run();
  bool drained = false;
  worker_->drain(5s, [&] { drained = true; });
  run(5s + 10ms);
  EXPECT_TRUE(drained);
  EXPECT_EQ(c.ended(), IoStatus::Reset);
  EXPECT_EQ(b.last().ended(), IoStatus::Reset);
  EXPECT_THAT(lastLine(), HasSubstr("reason=draining"));
}

TEST_F(ProxyTest, AnswerOfOurOwnThatIsCutKeepsItsReason) {
  client_host_.rules().receive_window = proxy_host_.rules().send_buffer = 50;
  start();  // nobody listens behind it
  RawClient& c = client();
  c.setReading(false);
  c.send(get("/"));
  run(1s);
  bool drained = false;
  worker_->drain(5s, [&] { drained = true; });
  run(5s + 10ms);
  EXPECT_TRUE(drained);
  EXPECT_THAT(lastLine(), HasSubstr("reason=connect_failed"));
}

TEST_F(ProxyTest, AnnouncedDrainClosesConnectionsAsTheyAnswer) {
  start();
  backend(0);
  RawClient& c = client();
  c.send(get("/"));
  run();
  worker_->announceDrain();
  c.send(get("/"));
  run();
  EXPECT_EQ(c.responses().at(1).field("connection"), "close");
  EXPECT_EQ(c.ended(), IoStatus::Eof);
  EXPECT_EQ(ask(get("/")).status(), 200) << "it still accepts";
}

TEST_F(ProxyTest, WallClockJumpsHurtNobody) {
  start();
  backend(0);
  RawClient& c = client();
  c.send(get("/"));
  run();
  world_.jumpWall(-24h);
  c.send(get("/"));
  run();
  world_.jumpWall(48h);
  c.send(get("/"));
  run();
  EXPECT_EQ(c.responses().size(), 3U);
  EXPECT_EQ(c.ended(), IoStatus::Ok);
  EXPECT_EQ(c.responses()[1].field("date"), "Wed, 31 Dec 2025 00:00:00 GMT");
  EXPECT_EQ(c.responses()[2].field("date"), "Fri, 02 Jan 2026 00:00:00 GMT");
}

}  // namespace
}  // namespace lb::proxy
