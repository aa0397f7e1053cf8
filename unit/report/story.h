// A small true story to report about: clients, the whole proxy with two workers and three backends in a simulated world
// that is traced, and a fault in the middle of it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "lb/config/defaults.h"
#include "sim/actor/raw_backend.h"
#include "sim/actor/raw_client.h"
#include "sim/core/trace.h"
#include "sim/net/sim_env.h"
#include "sim/report/failure.h"
#include "sim/run/proxy.h"

namespace sim::report {

using namespace std::chrono_literals;

class Story : public run::ProxyOutput {
 public:
  static constexpr std::uint16_t kPort = 8080;

  explicit Story(const Trace::Limits& limits = {}) : trace_(world_, limits) {
    world_.setTrace(&trace_);
    client_host_ = &fabric_.addHost("clients", "10.0.0.1");
    proxy_host_ = &fabric_.addHost("proxy", "10.0.0.2");
    client_env_ = std::make_unique<net::SimEnv>(fabric_, *client_host_, "clients");
    lb::config::Config config = lb::config::defaultConfig();
    config.threads = 2;
    config.listen = {{.address = "10.0.0.2", .port = kPort, .place = {}}};
    lb::config::Service shop;
    shop.name = "shop";
    shop.domains = {"shop.test"};
    for (int i = 0; i < 3; ++i) {
      const std::string ip = "10.0.1." + std::to_string(i + 1);
      shop.hosts.push_back({.address = ip, .port = 80, .place = {}});
      net::Host& host = fabric_.addHost("b" + std::to_string(i), ip);
      backend_hosts_.push_back(&host);
      backend_envs_.push_back(std::make_unique<net::SimEnv>(fabric_, host, host.name()));
      backends_.push_back(std::make_unique<actor::RawBackend>(
          backend_envs_.back()->env(), lb::Address{host.address(), 80}, actor::RawBackend::answering(kAnswer)));
    }
    config.services = {shop};
    proxy_ = std::make_unique<run::Proxy>(fabric_, *proxy_host_, config, *this);
    started_ = proxy_->start().has_value() && world_.runUntil([this] { return proxy_->accepting(); }, 5s);
  }
  ~Story() {
    clients_.clear();
    proxy_->drain();
    static_cast<void>(world_.runUntil([this] { return proxy_->stopped(); }, 60s));
    proxy_->destroyWorkers();
    world_.setTrace(nullptr);
  }
  Story(const Story&) = delete;
  Story& operator=(const Story&) = delete;

  static std::string get(const std::string& path) { return "GET " + path + " HTTP/1.1\r\nHost: shop.test\r\n\r\n"; }
  static std::string post(const std::string& path, const std::string& body) {
    return "POST " + path + " HTTP/1.1\r\nHost: shop.test\r\nContent-Length: " + std::to_string(body.size()) +
           "\r\n\r\n" + body;
  }

  actor::RawClient& client() {
    clients_.push_back(
        std::make_unique<actor::RawClient>(client_env_->env(), lb::Address{proxy_host_->address(), kPort}));
    trace_.nameEnd(clients_.back()->local(), "c" + std::to_string(clients_.size() - 1));
    return *clients_.back();
  }
  // On a connection that is open; false: no answer came.
  bool ask(actor::RawClient& client, const std::string& request) {
    const std::size_t before = client.responses().size();
    client.send(request);
    return world_.runUntil([&] { return client.responses().size() > before; }, 30s);
  }
  void setWay(std::size_t backend, const net::LinkRules& rules) {
    fabric_.setRulesBothWays(*proxy_host_, *backend_hosts_[backend], rules);
  }

  // Requests, a fault in their midst and, at the end, a rule that is broken.
  void tell(int clients = 3, int requests_each = 2) {
    for (int i = 0; i < clients; ++i) {
      actor::RawClient& c = client();
      for (int j = 0; j < requests_each; ++j) {
        const std::string path = "/" + std::to_string(i) + "/" + std::to_string(j);
        ask(c, j % 2 == 0 ? get(path) : post(path, "some body\n"));
      }
      if (i == clients / 2) strike();
    }
    world_.runFor(1s);
    violated_ = {.invariant = "safety.pool_clean",
                 .what = "connection b2#7 returned to the pool with 12 unread bytes",
                 .seed = 1,
                 .time = world_.now(),
                 .event = world_.events(),
                 .who = {"exchange x118 (client c0, POST /0/1, 10 B) -> backend b2"},
                 .faults_on = {"stall", "refuse"},
                 .replay = "sim run --seed 1 --trace text"};
    trace_.violation(violated_.invariant, violated_.what);
  }
  // One backend refuses, another stands still for a while.
  void strike() {
    trace_.fault("refuse", "b0", true);
    setWay(0, {.refuse = true});
    trace_.fault("stall", "b1", true);
    setWay(1, {.stalled = true});
    world_.after(200ms, [this] {
      setWay(1, {});
      trace_.fault("stall", "b1", false);
    });
    for (const auto& connection : backends_[0]->connections()) {
      if (!connection->gone()) connection->abort();
    }
    for (int i = 0; i < 6; ++i) ask(client(), get("/struck/" + std::to_string(i)));
    setWay(0, {});
    trace_.fault("refuse", "b0", false);
  }

  [[nodiscard]] const FailureReport& failure() const { return violated_; }
  [[nodiscard]] bool started() const { return started_; }
  [[nodiscard]] World& world() { return world_; }
  [[nodiscard]] Trace& trace() { return trace_; }
  [[nodiscard]] actor::RawBackend& backend(std::size_t number) { return *backends_[number]; }

 private:
  static constexpr const char* kAnswer =
      "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello";

  void onLog(lb::LogLevel, std::string_view line) override { trace_.log("proxy", line); }
  void onAccess(std::string_view line) override { trace_.access("proxy", line); }

  World world_{1};
  Trace trace_;
  net::Fabric fabric_{world_};
  net::Host* client_host_ = nullptr;
  net::Host* proxy_host_ = nullptr;
  std::vector<net::Host*> backend_hosts_;
  std::unique_ptr<net::SimEnv> client_env_;
  std::vector<std::unique_ptr<net::SimEnv>> backend_envs_;
  std::vector<std::unique_ptr<actor::RawBackend>> backends_;
  std::unique_ptr<run::Proxy> proxy_;
  std::vector<std::unique_ptr<actor::RawClient>> clients_;
  FailureReport violated_;
  bool started_ = false;
};

}  // namespace sim::report
