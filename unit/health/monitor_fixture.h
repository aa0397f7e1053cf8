// A whole proxy in a simulated world, with backends that fail on demand.
#pragma once

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
      if (streams_ && !check) {
        conn.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n");
        continue;
      }
      const bool bad = check ? sick_checks_[number] : fails_[number];
      conn.send(bad ? "HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n"
                    : "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    }
    if (conn.ended() != IoStatus::Ok) conn.close();
  }

  config::Service& shop() { return config_.services[0]; }
  void check() {  // them, by what answer() takes for a check
    shop().health_check.enabled = true;
    shop().health_check.path = "/healthz";
  }
  [[nodiscard]] std::unique_ptr<RawClient> asking() {
    auto client = std::make_unique<RawClient>(client_.env(), Address{proxy_host_.address(), 8080});
    client->send("GET / HTTP/1.1\r\nHost: shop.test\r\n\r\n");
    return client;
  }
  [[nodiscard]] std::vector<std::unique_ptr<RawClient>> eightWhoWait() {  // two for each backend
    std::vector<std::unique_ptr<RawClient>> waiting;
    for (int i = 0; i < 8; ++i) waiting.push_back(asking());
    return waiting;
  }
  // The service has one host, a name that leads to these backends.
  void pods(std::initializer_list<std::size_t> numbers) {
    shop().hosts = {{.address = "pods", .port = 80, .place = {}}};
    std::vector<IpAddress> addresses;
    for (const std::size_t i : numbers) addresses.push_back(hosts_[i]->address());
    fabric_.setName("pods", {.addresses = addresses, .ttl = 1s});
  }
  [[nodiscard]] std::string metric(std::string_view name) {  // the first line of it
    const std::string metrics = proxy_->control().metrics();
    const std::size_t at = metrics.find(std::string(name) + "{");
    return metrics.substr(at, metrics.find('\n', at) - at);
  }
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
  // Backend 1 has failed once and does not answer any more, and one request is to show that.
  void onProbation() {
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
  }
  // One for each backend that has room; how many backend 1 has got by now.
  int fourMoreWait() {
    for (int i = 0; i < 4; ++i) {
      waiting_.push_back(asking());
      world_.runFor(10ms);
    }
    return asked_[1];
  }
  void leave(std::size_t first) {
    for (std::size_t i = 0; i < first; ++i) waiting_[i]->abort();
  }
  // An answer without an end, whose client waits for more.
  std::unique_ptr<RawClient> stream() {
    auto client = asking();
    EXPECT_TRUE(world_.runUntil([&] { return client->received().ends_with("hello\r\n"); }, 10s));
    return client;
  }
  void leaveStreams(int count) {
    streams_ = true;
    for (int i = 0; i < count; ++i) {
      stream()->abort();
      world_.runFor(1ms);
    }
    streams_ = false;
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
    waiting_.clear();
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
  bool streams_ = false;  // all of them
  std::vector<std::string> log_;
  std::vector<int> statuses_;
  std::vector<std::unique_ptr<RawClient>> waiting_;
  std::unique_ptr<sim::run::Proxy> proxy_;
};

}  // namespace lb::monitor
