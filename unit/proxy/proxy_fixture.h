// A whole Worker in a simulated world: raw clients on one host, the proxy on another, scripted backends on three more.
//
// Every story ends with the proof that nothing is left: no block, no connection, no gauge, no timer; and that every
// exchange was counted once and logged once.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "lb/config/defaults.h"
#include "lb/worker.h"
#include "sim/actor/raw_backend.h"
#include "sim/actor/raw_client.h"
#include "sim/net/sim_env.h"
#include "unit/util/memory_log.h"
#include "unit/util/story_seed.h"

namespace lb::proxy {

using namespace std::chrono_literals;
using sim::actor::Message;
using sim::actor::RawBackend;
using sim::actor::RawClient;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

struct NoAdmin final : admin::AdminSource {
  std::string metrics() override { return {}; }
  std::string stats() override { return {}; }
  std::string configuration() override { return {}; }
  std::string version() override { return {}; }
  std::string notReady() override { return {}; }
  std::string backends() override { return {}; }
  std::size_t order(const admin::BackendOrder&) override { return 0; }
  admin::Reloaded reloadNow() override { return {}; }
};

class ProxyTest : public testing::Test {
 protected:
  static constexpr std::uint16_t kPort = 8080;
  static constexpr std::size_t kBackends = 3;
  static constexpr const char* kHello = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";

  ProxyTest() {
    config_ = config::defaultConfig();
    config_.listen = {{.address = "10.0.0.2", .port = kPort, .place = {}}};
    config_.services = {service("shop", {0})};
  }

  void TearDown() override {
    clients_.clear();
    bool drained = false;
    worker_->drain(1s, [&] { drained = true; });
    run(3s);
    EXPECT_TRUE(drained);
    EXPECT_EQ(worker_->blocks().blocksInUse(), 0U);
    expectNothingCounted();
    worker_.reset();
    run(1s);
    EXPECT_EQ(proxy_.loop.timersArmed(), 0U);
    EXPECT_EQ(proxy_host_.portsInUse(), 0U);
  }

  void expectNothingCounted() {
    std::uint64_t requests = 0;
    std::set<const observe::ServiceStats*> seen;
    for (const observe::StatsView& view : views_) {
      EXPECT_EQ(view.worker->connections_open.get(), 0U);
      EXPECT_EQ(view.worker->connections_idle.get(), 0U);
      std::vector<std::shared_ptr<observe::ServiceStats>> services = view.services;
      services.push_back(view.none);
      for (const auto& one : services) {
        EXPECT_EQ(one->inflight_requests.get(), 0U) << one->name;
        if (!seen.insert(one.get()).second) continue;
        one->requests.forEach([&](auto, auto, auto, std::uint64_t count) { requests += count; });
      }
      for (const auto& backends : view.backends) {
        for (const auto& one : backends) {
          EXPECT_EQ(one->inflight_requests.get(), 0U) << one->label;
          EXPECT_EQ(one->connections_active.get(), 0U) << one->label;
          EXPECT_EQ(one->connections_idle.get(), 0U) << one->label;
        }
      }
    }
    EXPECT_EQ(requests, access_.lines.size());
  }

  static std::string backendIp(std::size_t number) { return "10.0.1." + std::to_string(number + 1); }
  static config::Service service(const std::string& name, const std::vector<std::size_t>& backends) {
    config::Service made;
    made.name = name;
    made.domains = {name + ".test"};
    for (const std::size_t number : backends)
      made.hosts.push_back({.address = backendIp(number), .port = 80, .place = {}});
    return made;
  }
  config::Service& shop() { return config_.services[0]; }

  void start() {
    bool accepting = false;
    views_.push_back(telemetry_.apply(config_).at(0));
    const auto started = worker_->start(std::make_shared<const config::Config>(config_), views_.back(), registry_,
                                        [&] { accepting = true; });
    ASSERT_TRUE(started.has_value()) << started.error().what;
    ASSERT_TRUE(runUntil([&] { return accepting; }, 3s));
  }
  void reload() {
    views_.push_back(telemetry_.apply(config_).at(0));
    worker_->reload(std::make_shared<const config::Config>(config_), views_.back());
  }

  RawBackend& backend(std::size_t number, RawBackend::Script script = RawBackend::answering(kHello)) {
    const Address at{backend_hosts_[number]->address(), 80};
    backends_[number] = std::make_unique<RawBackend>(backend_envs_[number]->env(), at, std::move(script));
    return *backends_[number];
  }
  RawClient& client() {
    clients_.push_back(std::make_unique<RawClient>(client_.env(), Address{proxy_host_.address(), kPort}));
    return *clients_.back();
  }
  // A new client with this request, run until it has its final response.
  Message ask(std::string_view request, Duration limit = 10s) {
    RawClient& c = client();
    c.send(request);
    const auto final = [&] { return !c.responses().empty() && c.responses().back().status() >= 200; };
    EXPECT_TRUE(runUntil(final, limit)) << "no answer to " << request;
    return final() ? c.responses().back() : Message{};
  }
  static std::string get(std::string_view path) {
    return "GET " + std::string(path) + " HTTP/1.1\r\nHost: shop.test\r\n\r\n";
  }
  static std::string post(std::string_view path, std::string_view body) {
    return "POST " + std::string(path) +
           " HTTP/1.1\r\nHost: shop.test\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
           std::string(body);
  }

  void run(Duration time = 20ms) { world_.runFor(time); }
  [[nodiscard]] bool runUntil(const std::function<bool()>& done, Duration limit) {
    return world_.runUntil(done, limit);
  }
  void setWay(std::size_t number, const sim::net::LinkRules& rules) {
    fabric_.setRulesBothWays(proxy_host_, *backend_hosts_[number], rules);
  }
  [[nodiscard]] const observe::ServiceStats& shopStats() { return *views_.back().services.at(0); }
  [[nodiscard]] std::uint64_t retried(observe::RetryReason why) {
    return shopStats().retries[static_cast<std::size_t>(why)].get();
  }
  [[nodiscard]] std::uint64_t denied(observe::RetryDenial why) {
    return shopStats().retries_denied[static_cast<std::size_t>(why)].get();
  }
  [[nodiscard]] const observe::BackendStats& backendStats(std::size_t host) {
    return *views_.back().backends.at(0).at(host);
  }
  [[nodiscard]] std::size_t blocks() const { return worker_->blocks().blocksInUse(); }
  [[nodiscard]] std::string lastLine() const { return access_.lines.empty() ? std::string() : access_.lines.back(); }

  sim::World world_{testutil::storySeed()};
  sim::net::Fabric fabric_{world_};
  sim::net::Host& client_host_ = fabric_.addHost("client", "10.0.0.1");
  sim::net::Host& proxy_host_ = fabric_.addHost("proxy", "10.0.0.2");
  std::array<sim::net::Host*, kBackends> backend_hosts_{
      &fabric_.addHost("b0", backendIp(0)), &fabric_.addHost("b1", backendIp(1)), &fabric_.addHost("b2", backendIp(2))};
  sim::net::SimEnv client_{fabric_, client_host_, "client"};
  sim::net::SimEnv proxy_{fabric_, proxy_host_, "proxy"};
  std::array<std::unique_ptr<sim::net::SimEnv>, kBackends> backend_envs_{
      std::make_unique<sim::net::SimEnv>(fabric_, *backend_hosts_[0], "b0"),
      std::make_unique<sim::net::SimEnv>(fabric_, *backend_hosts_[1], "b1"),
      std::make_unique<sim::net::SimEnv>(fabric_, *backend_hosts_[2], "b2")};
  testutil::MemoryLog log_;
  testutil::MemoryLines access_;
  NoAdmin admin_;
  config::Config config_;
  back::Registry registry_;
  observe::Telemetry telemetry_{1, {"0", "0", "test"}};
  std::vector<observe::StatsView> views_;
  std::unique_ptr<Worker> worker_ = std::make_unique<Worker>(proxy_.env(), 1, log_, &access_, admin_, [this] {
    return static_cast<std::uint64_t>(proxy_.loop.busy().count());
  });
  std::array<std::unique_ptr<RawBackend>, kBackends> backends_;
  std::vector<std::unique_ptr<RawClient>> clients_;
};

}  // namespace lb::proxy
