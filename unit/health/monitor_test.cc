// The whole proxy in a simulated world, with backends that fail on demand: who is left out, for how long, and who comes
// back how.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <map>

#include "lb/config/defaults.h"
#include "sim/actor/raw_backend.h"
#include "sim/actor/raw_client.h"
#include "sim/run/proxy.h"
#include "unit/util/story_seed.h"

namespace lb::monitor {
namespace {

using namespace std::chrono_literals;
using sim::actor::RawBackend;
using sim::actor::RawClient;
using testing::ElementsAre;
using testing::HasSubstr;

class MonitorTest : public testing::Test, protected sim::run::ProxyOutput {
 protected:
  static constexpr std::size_t kBackends = 4;

  MonitorTest() {
    config_ = config::defaultConfig();
    config_.listen = {{.address = "10.0.0.2", .port = 8080, .place = {}}};
    config_.admin.enabled = false;
    config_.threads = 2;
    config_.limits.max_connections = 1000;
    config::Service shop;
    shop.name = "shop";
    shop.domains = {"shop.test"};
    shop.balance = config::Balance::RoundRobin;
    shop.retry.attempts = 0;
    for (std::size_t i = 0; i < kBackends; ++i)
      shop.hosts.push_back({.address = "10.0.1." + std::to_string(i + 1), .port = 80, .place = {}});
    config_.services = {shop};
    for (std::size_t i = 0; i < kBackends; ++i) {
      hosts_[i] = &fabric_.addHost("b" + std::to_string(i), shop.hosts[i].address);
      envs_[i] = std::make_unique<sim::net::SimEnv>(fabric_, *hosts_[i], hosts_[i]->name());
      backends_[i] = std::make_unique<RawBackend>(envs_[i]->env(), Address{hosts_[i]->address(), 80},
                                                  [this, i](RawBackend::Conn& conn) { answer(i, conn); });
    }
  }
  void onLog(LogLevel, std::string_view line) override { log_.emplace_back(line); }
  void onAccess(std::string_view) override {}

  void answer(std::size_t number, RawBackend::Conn& conn) {
    for (const auto& request : conn.takeRequests()) {
      const bool check = request.start_line.find("/healthz") != std::string::npos;
      ++(check ? checks_ : asked_)[number];
      if (silent_[number] && !check) continue;
      const bool bad = check ? sick_checks_[number] : fails_[number];
      conn.send(bad ? "HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n"
                    : "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    }
    if (conn.ended() != IoStatus::Ok) conn.close();
  }

  config::Service& shop() { return config_.services[0]; }
  void start() {
    sim::run::ProxyOutput& self = *this;
    proxy_ = std::make_unique<sim::run::Proxy>(fabric_, proxy_host_, config_, self);
    ASSERT_TRUE(proxy_->start().has_value());
    ASSERT_TRUE(world_.runUntil([&] { return proxy_->accepting(); }, 5s));
    world_.runFor(100ms);
  }
  // So many requests, each on a connection of its own, one after the other; who got how many of them.
  std::map<std::size_t, int> ask(int count) {
    asked_.clear();
    for (int i = 0; i < count; ++i) {
      RawClient client(client_.env(), Address{proxy_host_.address(), 8080});
      client.send("GET / HTTP/1.1\r\nHost: shop.test\r\nConnection: close\r\n\r\n");
      EXPECT_TRUE(world_.runUntil([&] { return !client.responses().empty(); }, 10s));
      statuses_.push_back(client.responses().empty() ? 0 : client.responses().front().status());
      world_.runFor(1ms);
    }
    return asked_;
  }
  [[nodiscard]] std::string state(std::size_t number) {
    const std::string json = proxy_->control().backends();
    const std::size_t at = json.find("\"address\":\"10.0.1." + std::to_string(number + 1));
    const std::size_t word = json.find("\"state\":\"", at) + 9;
    return json.substr(word, json.find('"', word) - word);
  }
  std::size_t order(admin::BackendOrder::Kind kind, std::size_t number, std::optional<std::uint32_t> weight = {}) {
    return proxy_->control().order(
        {.kind = kind, .service = "shop", .backend = shop().hosts[number].label(), .weight = weight});
  }
  [[nodiscard]] bool logged(std::string_view part) const {
    return std::ranges::any_of(log_, [&](const std::string& line) { return line.find(part) != std::string::npos; });
  }
  void TearDown() override {
    proxy_->drain();
    EXPECT_TRUE(world_.runUntil([&] { return proxy_->stopped(); }, 40s));
    proxy_->destroyWorkers();
    world_.runFor(1s);
    EXPECT_EQ(proxy_->timersArmed(), 0U);
    EXPECT_EQ(proxy_host_.portsInUse(), 0U);
  }

  sim::World world_{testutil::storySeed()};
  sim::net::Fabric fabric_{world_};
  sim::net::Host& client_host_ = fabric_.addHost("client", "10.0.0.1");
  sim::net::Host& proxy_host_ = fabric_.addHost("proxy", "10.0.0.2");
  std::array<sim::net::Host*, kBackends> hosts_{};
  std::array<std::unique_ptr<sim::net::SimEnv>, kBackends> envs_;
  std::array<std::unique_ptr<RawBackend>, kBackends> backends_;
  sim::net::SimEnv client_{fabric_, client_host_, "client"};
  config::Config config_;
  std::map<std::size_t, int> asked_, checks_;
  std::map<std::size_t, bool> fails_, sick_checks_, silent_;
  std::vector<std::string> log_;
  std::vector<int> statuses_;
  std::unique_ptr<sim::run::Proxy> proxy_;
};

TEST_F(MonitorTest, FiveFailuresInARowAndItIsOutForAsLongAsSaid) {
  fails_[1] = true;
  start();
  EXPECT_EQ(ask(60)[1], 5) << "five in a row, over both workers";
  EXPECT_EQ(state(1), "ejected");
  EXPECT_TRUE(logged("backend 10.0.1.2:80 of shop is ejected, was up: 5 failures in a row"));
  world_.runFor(7s);
  EXPECT_EQ(ask(12)[1], 0);
  world_.runFor(5s + 10ms);
  EXPECT_EQ(state(1), "half_open");
  EXPECT_EQ(ask(20)[1], 1) << "one on probation, which fails";
  EXPECT_EQ(state(1), "ejected");
  fails_[1] = false;
  world_.runFor(15s);
  EXPECT_EQ(ask(12)[1], 0) << "twice as long";
  world_.runFor(9s + 10ms);
  EXPECT_GT(ask(20)[1], 3);
  EXPECT_EQ(state(1), "up");
}

TEST_F(MonitorTest, WhoIsNotWaitedForAnyMoreDoesNotFreeThePlaceOfTheNext) {
  shop().outlier.consecutive_failures = 1;
  shop().outlier.base_ejection = 1s;
  fails_[1] = true;
  start();
  static_cast<void>(ask(8));
  EXPECT_EQ(state(1), "ejected");
  world_.runFor(1300ms);  // and its jitter
  EXPECT_EQ(state(1), "half_open");
  silent_[1] = true;
  asked_.clear();
  std::vector<std::unique_ptr<RawClient>> waiting;
  const auto askAndWait = [&] {  // four times, so that one of them is the request on probation
    for (int i = 0; i < 4; ++i) {
      waiting.push_back(std::make_unique<RawClient>(client_.env(), Address{proxy_host_.address(), 8080}));
      waiting.back()->send("GET / HTTP/1.1\r\nHost: shop.test\r\n\r\n");
      world_.runFor(10ms);
    }
    return asked_[1];
  };
  EXPECT_EQ(askAndWait(), 1);
  world_.runFor(2500ms);
  EXPECT_EQ(askAndWait(), 2) << "another request is to show";
  for (std::size_t i = 0; i < 4; ++i) waiting[i]->abort();  // the first of the two is among them
  world_.runFor(100ms);
  EXPECT_EQ(askAndWait(), 2) << "the second one is still on its way";
}

TEST_F(MonitorTest, AnotherAnswerEndsTheRow) {
  start();
  for (int i = 0; i < 8; ++i) {
    fails_[1] = i % 2 == 0;
    static_cast<void>(ask(12));  // three each, or two or four
  }
  EXPECT_EQ(state(1), "up");
}

TEST_F(MonitorTest, HalfOfThemAtMostAndNeverTheLast) {
  for (std::size_t i = 0; i < kBackends; ++i) fails_[i] = true;
  start();
  static_cast<void>(ask(100));
  int out = 0;
  for (std::size_t i = 0; i < kBackends; ++i) out += state(i) == "ejected" ? 1 : 0;
  EXPECT_EQ(out, 2);
}

TEST_F(MonitorTest, WhoWasSparedIsNotEjectedLaterForThat) {
  for (const std::size_t number : {0U, 1U, 2U}) fails_[number] = true;
  start();
  static_cast<void>(ask(80));
  std::vector<std::size_t> spared;
  for (const std::size_t number : {0U, 1U, 2U}) {
    if (state(number) == "up") spared.push_back(number);
  }
  ASSERT_EQ(spared.size(), 1U);
  fails_.clear();
  world_.runFor(15s);
  static_cast<void>(ask(40));
  for (std::size_t i = 0; i < kBackends; ++i) EXPECT_EQ(state(i), "up") << i;
}

TEST_F(MonitorTest, APassingCheckDoesNotEndAnEjection) {
  shop().health_check.enabled = true;
  shop().health_check.path = "/healthz";
  shop().health_check.interval = 200ms;
  fails_[2] = true;
  start();
  static_cast<void>(ask(40));
  EXPECT_EQ(state(2), "ejected");
  fails_[2] = false;
  checks_.clear();
  world_.runFor(7s);
  EXPECT_GT(checks_[2], 20);
  EXPECT_EQ(ask(12)[2], 0);
}

TEST_F(MonitorTest, ChecksThatFailTakeItOutAndPanicUsesAll) {
  shop().health_check.enabled = true;
  shop().health_check.path = "/healthz";
  shop().health_check.interval = 200ms;
  shop().health_check.down_interval = 200ms;
  start();
  EXPECT_EQ(ask(16).size(), 4U);
  sick_checks_[0] = sick_checks_[1] = true;
  world_.runFor(2s);
  EXPECT_EQ(state(0), "down");
  auto got = ask(16);
  EXPECT_EQ(got[0] + got[1], 0);
  sick_checks_[2] = true;
  world_.runFor(2s);
  EXPECT_EQ(ask(16).size(), 4U) << "one of four is less than half";
  EXPECT_TRUE(logged("panic: 1 of 4 backends of shop"));
  EXPECT_EQ(order(admin::BackendOrder::Kind::Drain, 0), 1U);
  got = ask(16);
  EXPECT_EQ(got[0], 0) << "panic does not use what was drained by hand";
  EXPECT_GT(got[1], 0);
  sick_checks_.clear();
  world_.runFor(2s);
  EXPECT_TRUE(logged("the others are spared"));
  EXPECT_EQ(order(admin::BackendOrder::Kind::Enable, 0), 1U);
  EXPECT_EQ(ask(16).size(), 4U);
}

// Also where something was still under way there when it left, so that its state was still known when it came back.
TEST_F(MonitorTest, WeightByHandLeavesWithItsHost) {
  silent_[3] = true;
  start();
  std::vector<std::unique_ptr<RawClient>> waiting;
  for (int i = 0; i < 8; ++i) {
    waiting.push_back(std::make_unique<RawClient>(client_.env(), Address{proxy_host_.address(), 8080}));
    waiting.back()->send("GET / HTTP/1.1\r\nHost: shop.test\r\n\r\n");
  }
  world_.runFor(100ms);
  ASSERT_EQ(order(admin::BackendOrder::Kind::Weight, 3, 0), 1U);
  EXPECT_EQ(ask(16).size(), 3U);
  const config::Host gone = shop().hosts.back();
  shop().hosts.pop_back();
  proxy_->reload(config_);
  world_.runFor(100ms);
  shop().hosts.push_back(gone);
  proxy_->reload(config_);
  world_.runFor(100ms);
  silent_[3] = false;
  EXPECT_EQ(ask(16).size(), 4U);
}

TEST_F(MonitorTest, GrayFailureIsFoundWithinFiveSeconds) {
  shop().outlier.success_percent = 80;
  start();
  for (int i = 0; i < 100; ++i) {  // 40 requests a second, ten for each
    static_cast<void>(ask(2));
    world_.runFor(48ms);
  }
  int number = 0;
  const sim::MonoTime begin = world_.now();
  while (state(3) == "up" && world_.now() - begin < 6s) {
    fails_[3] = number++ % 7 < 2;  // about three of ten
    static_cast<void>(ask(2));
    world_.runFor(48ms);
  }
  EXPECT_EQ(state(3), "ejected");
  EXPECT_LE(world_.now() - begin, 5s);
  EXPECT_TRUE(logged("requests succeeded"));
}

TEST_F(MonitorTest, WhatWasBeforeAnEjectionDoesNotJudgeTheProbation) {
  shop().outlier.consecutive_failures = 0;
  shop().outlier.success_percent = 80;
  shop().outlier.base_ejection = 1s;
  start();
  fails_[3] = true;
  const sim::MonoTime begin = world_.now();
  while (state(3) == "up" && world_.now() - begin < 6s) {
    static_cast<void>(ask(2));
    world_.runFor(48ms);
  }
  ASSERT_EQ(state(3), "ejected");
  world_.runFor(1300ms);  // the ejection and its jitter; the window is longer
  EXPECT_EQ(state(3), "half_open");
  world_.runFor(1s);
  EXPECT_EQ(state(3), "half_open") << "nobody has asked it since";
}

TEST_F(MonitorTest, ASlowBackendIsAnOutlier) {
  shop().outlier.latency_factor = 5;
  shop().outlier.min_requests = 5;
  fabric_.setRulesBothWays(proxy_host_, *hosts_[1], {.latency = 20ms});
  start();
  const sim::MonoTime begin = world_.now();
  while (state(1) == "up" && world_.now() - begin < 6s) static_cast<void>(ask(4));
  EXPECT_EQ(state(1), "ejected");
  EXPECT_TRUE(logged("the median backend's"));
  EXPECT_EQ(ask(12)[1], 0);
}

TEST_F(MonitorTest, NobodyIsLeftWithoutPanic) {
  shop().panic_threshold = 0;
  start();
  static_cast<void>(ask(16));
  statuses_.clear();
  for (const auto& backend : backends_) EXPECT_GT(backend->openConnections(), 0U) << "they wait in the pools";
  for (std::size_t i = 0; i < kBackends; ++i) EXPECT_EQ(order(admin::BackendOrder::Kind::Drain, i), 1U);
  world_.runFor(10ms);
  for (const auto& backend : backends_) EXPECT_EQ(backend->openConnections(), 0U);
  static_cast<void>(ask(2));
  EXPECT_THAT(statuses_, ElementsAre(503, 503));
  for (std::size_t i = 0; i < kBackends; ++i) EXPECT_EQ(order(admin::BackendOrder::Kind::Enable, i), 1U);
  EXPECT_EQ(ask(8).size(), 4U);
  EXPECT_EQ(proxy_->control().order({.service = "shop", .backend = "10.0.1.9:80", .weight = {}}), 0U);
  EXPECT_EQ(proxy_->control().order({.service = "none", .backend = "10.0.1.1:80", .weight = {}}), 0U);
}

TEST_F(MonitorTest, OrdersAndEjectionsSurviveAReload) {
  fails_[1] = true;
  start();
  static_cast<void>(ask(40));
  EXPECT_EQ(order(admin::BackendOrder::Kind::Drain, 3), 1U);
  shop().timeouts.connect = 1s;
  proxy_->reload(config_);
  world_.runFor(100ms);
  auto got = ask(12);
  EXPECT_EQ(got[1] + got[3], 0);
  shop().outlier.enabled = false;
  proxy_->reload(config_);
  world_.runFor(100ms);
  EXPECT_GT(ask(12)[1], 0) << "who is not ejected any more by the rules is back";
}

TEST_F(MonitorTest, ChecksThatAReloadBringsTakeOutWhoFailsAndNobodyElse) {
  sick_checks_[1] = true;
  start();
  static_cast<void>(ask(8));
  shop().health_check.enabled = true;
  shop().health_check.path = "/healthz";
  shop().health_check.initial = config::InitialHealth::Down;
  proxy_->reload(config_);
  statuses_.clear();
  static_cast<void>(ask(12));
  EXPECT_THAT(statuses_, testing::Each(200)) << "who serves is not taken out before he is asked";
  world_.runFor(1s);
  EXPECT_EQ(state(1), "down") << "the first check decides";
  EXPECT_EQ(ask(12)[1], 0);
  sick_checks_[1] = false;
  world_.runFor(10s);
  EXPECT_EQ(ask(12)[1], 3);
  EXPECT_FALSE(logged("stays up"));
}

// Of a name: one of its addresses is drained and leaves it, as a pod that is replaced.
TEST_F(MonitorTest, AddressThatLeavesItsNameIsNotAskedAndHasNoWeight) {
  const auto name = [&](std::initializer_list<std::size_t> who) {
    std::vector<IpAddress> addresses;
    for (const std::size_t i : who) addresses.push_back(hosts_[i]->address());
    fabric_.setName("pods", {.addresses = addresses, .ttl = 1s});
  };
  const auto weight = [&] {
    const std::string metrics = proxy_->control().metrics();
    const std::size_t at = metrics.find("lb_backend_weight{");
    return metrics.substr(at, metrics.find('\n', at) - at);
  };
  shop().hosts = {{.address = "pods", .port = 80, .place = {}}};
  shop().health_check.enabled = true;
  shop().health_check.path = "/healthz";
  shop().health_check.interval = 1s;
  shop().health_check.timeout = 500ms;
  name({0, 1, 2});
  start();
  EXPECT_THAT(weight(), testing::EndsWith(" 3"));
  EXPECT_EQ(proxy_->control().order(
                {.kind = admin::BackendOrder::Kind::Drain, .service = "shop", .backend = "10.0.1.3:80", .weight = {}}),
            1U);
  name({0, 1});
  world_.runFor(5s);
  EXPECT_THAT(weight(), testing::EndsWith(" 2"));
  const int before = checks_[2];
  world_.runFor(60s);
  EXPECT_EQ(checks_[2], before) << "nobody asks who is gone";
  name({0, 1, 2});
  world_.runFor(5s);
  EXPECT_EQ(ask(12)[2], 0) << "it is still drained";
  EXPECT_GT(checks_[2], before);
  name({0, 1});
  world_.runFor(2h);
  name({0, 1, 2});
  world_.runFor(5s);
  EXPECT_EQ(ask(12)[2], 4) << "after so long it is another one";
}

TEST_F(MonitorTest, InitialDownWaitsForChecks) {
  shop().health_check.enabled = true;
  shop().health_check.path = "/healthz";
  shop().health_check.initial = config::InitialHealth::Down;
  shop().health_check.down_interval = 1s;
  shop().health_check.rise = 3;
  shop().panic_threshold = 0;
  start();
  static_cast<void>(ask(1));
  EXPECT_EQ(statuses_.back(), 503);
  world_.runFor(3s);
  static_cast<void>(ask(1));
  EXPECT_EQ(statuses_.back(), 200);
}

}  // namespace
}  // namespace lb::monitor
