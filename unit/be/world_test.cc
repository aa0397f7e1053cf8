// be's own code as a backend of the simulated world, asked by a client that reads strictly; by itself, and behind the
// whole proxy.
#include <gmock/gmock.h>

#include <memory>
#include <string>

#include "be/backend.h"
#include "lb/config/parse.h"
#include "sim/actor/raw_client.h"
#include "sim/net/sim_env.h"
#include "sim/run/proxy.h"

namespace be {
namespace {

using namespace std::chrono_literals;
using sim::actor::Message;
using sim::actor::MessageKind;
using sim::actor::RawClient;
using testing::StartsWith;

constexpr const char* kText = "service: shop, addr: 10.0.0.3:80\n";

class NoLog final : public lb::Logger {
 public:
  [[nodiscard]] bool enabled(lb::LogLevel) const override { return false; }
  void write(lb::LogLevel, std::string_view) override {}
};

// Which of its bodies a size asks for.
std::string filler(std::size_t bytes) {
  std::string text;
  for (std::size_t i = 0; i < bytes; ++i) text.push_back(static_cast<char>('a' + i % (64 * 1024) % 26));
  return text;
}

// Clients connect to `to_`: be itself, or the proxy before it.
class BeInTheWorld : public testing::Test, public sim::run::ProxyOutput {
 protected:
  BeInTheWorld() { restart(); }
  // What lives on a loop ends there, not in the middle of its work.
  void TearDown() override {
    if (proxy_) {
      for (int i = 0; i < 2 && !proxy_->stopped(); ++i) proxy_->drain();
    }
    backend_->shutdownNow();
    world_.runFor(10s);
  }

  void putProxyBefore() {
    auto parsed = lb::config::parse(
        "proxy: {listen: {address: 10.0.0.2, port: 8080}, threads: 1, admin: false, access_log: {path: off}, services: "
        "[\n"
        "{name: shop, domain: shop.test, retry: {attempts: 0}, hosts: [{address: 10.0.0.3, port: 80}]}]}");
    ASSERT_TRUE(parsed.has_value()) << lb::config::format("config", parsed.error().front());
    proxy_ = std::make_unique<sim::run::Proxy>(fabric_, proxy_host_, parsed->config, *this);
    ASSERT_TRUE(proxy_->start().has_value());
    ASSERT_TRUE(world_.runUntil([&] { return proxy_->accepting(); }, 10s));
    to_ = {proxy_host_.address(), 8080};
  }

  void restart() {
    backend_ = std::make_unique<Backend>(backend_env_.env(), BackendIdentity{"shop", "10.0.0.3:80"}, Behaviour{}, log_);
    ASSERT_TRUE(backend_->listen({backend_host_.address(), 80}).has_value());
  }

  std::unique_ptr<RawClient> send(const std::string& text) {
    auto client = std::make_unique<RawClient>(client_env_.env(), to_);
    client->send(text);
    return client;
  }
  // The answer, and how long it took.
  std::pair<Message, lb::Duration> ask(const std::string& method, const std::string& target,
                                       const std::string& rest = "\r\n") {
    const auto client = send(method + " " + target + " HTTP/1.1\r\nHost: shop.test\r\n" + rest);
    const auto kind = method == "HEAD" ? MessageKind::ResponseToHead : MessageKind::Response;
    const lb::MonoTime begin = world_.now();
    std::optional<Message> answer;
    world_.runUntil([&] { return (answer = sim::actor::firstMessage(client->received(), kind)).has_value(); }, 1h);
    EXPECT_TRUE(answer.has_value()) << target << ": " << client->received().substr(0, 200);
    if (!answer) return {};
    EXPECT_EQ(answer->size, client->received().size()) << target << ": exactly one answer";
    return {*answer, world_.now() - begin};
  }

  sim::World world_{1};
  sim::net::Fabric fabric_{world_};
  sim::net::Host& client_host_ = fabric_.addHost("client", "10.0.0.1");
  sim::net::Host& proxy_host_ = fabric_.addHost("proxy", "10.0.0.2");
  sim::net::Host& backend_host_ = fabric_.addHost("backend", "10.0.0.3");
  sim::net::SimEnv client_env_{fabric_, client_host_, "client"};
  sim::net::SimEnv backend_env_{fabric_, backend_host_, "backend"};
  NoLog log_;
  std::unique_ptr<Backend> backend_;
  std::unique_ptr<sim::run::Proxy> proxy_;
  lb::Address to_{backend_host_.address(), 80};

 private:
  void onLog(lb::LogLevel, std::string_view) override {}
  void onAccess(std::string_view) override {}
};

struct Row {
  const char* method;
  const char* target;
  int status;
  std::string body;
  bool chunked = false;
  lb::Duration at_least{};
};

std::vector<Row> rows() {
  return {
      {"GET", "/", 200, kText},
      {"GET", "/any/path?and=query", 200, kText},
      {"GET", "/status/404", 404, kText},
      {"GET", "/size/0", 200, ""},
      {"GET", "/size/1", 200, "a"},
      {"GET", "/size/300000", 200, filler(300'000)},
      {"GET", "/size/300000/chunked", 200, filler(300'000), true},
      {"GET", "/delay/1500ms/status/503", 503, kText, false, 1500ms},
      {"GET", "/size/1000/drip/100ms", 200,
       filler(100) + filler(100) + filler(100) + filler(100) + filler(100) + filler(100) + filler(100) + filler(100) +
           filler(100) + filler(100),
       false, 900ms},
      {"GET", "/status/204", 204, ""},
      {"GET", "/status/304", 304, ""},
      {"HEAD", "/size/100", 200, ""},
      {"DELETE", "/", 200, kText},
  };
}

void expectRow(const Row& row, const std::pair<Message, lb::Duration>& answer) {
  EXPECT_EQ(answer.first.status(), row.status) << row.target;
  EXPECT_EQ(answer.first.body, row.body) << row.target;
  EXPECT_EQ(answer.first.chunked, row.chunked) << row.target;
  EXPECT_GE(answer.second, row.at_least) << row.target;
  EXPECT_LT(answer.second, row.at_least + 100ms) << row.target;
}

TEST_F(BeInTheWorld, AnswersWhatItsWordsSay) {
  for (const Row& row : rows()) expectRow(row, ask(row.method, row.target));
}

TEST_F(BeInTheWorld, AnswersTheSameBehindTheProxy) {
  putProxyBefore();
  for (const Row& row : rows()) expectRow(row, ask(row.method, row.target));
}

TEST_F(BeInTheWorld, ReadsBodiesAndEchoes) {
  putProxyBefore();
  const std::string body(100'000, 'x');
  const auto [answer, took] = ask("POST", "/echo", "Content-Length: 100000\r\n\r\n" + body);
  EXPECT_EQ(answer.status(), 200);
  EXPECT_THAT(answer.body, StartsWith(std::string(kText) + "POST /echo HTTP/1.1\n"));
  EXPECT_TRUE(answer.body.ends_with(body));
}

TEST_F(BeInTheWorld, ACutAnswerLooksCutBehindTheProxy) {
  putProxyBefore();
  const auto client = send("GET /size/1000/close/300 HTTP/1.1\r\nHost: shop.test\r\n\r\n");
  ASSERT_TRUE(world_.runUntil([&] { return client->ended() != lb::IoStatus::Ok; }, 10s));
  EXPECT_THAT(client->received(), StartsWith("HTTP/1.1 200"));
  EXPECT_FALSE(sim::actor::firstMessage(client->received(), MessageKind::Response, true).has_value());
}

TEST_F(BeInTheWorld, AKilledOneComesBackOnTheSamePort) {
  putProxyBefore();
  expectRow({"GET", "/", 200, kText}, ask("GET", "/"));
  const auto waiting = send("GET /delay/1m HTTP/1.1\r\nHost: shop.test\r\n\r\n");
  world_.runFor(1s);
  backend_->shutdownNow();
  world_.runFor(1s);
  EXPECT_THAT(waiting->received(), StartsWith("HTTP/1.1 502"));
  EXPECT_EQ(ask("GET", "/").first.status(), 502);
  restart();
  expectRow({"GET", "/", 200, kText}, ask("GET", "/"));
}

TEST_F(BeInTheWorld, AClientThatLeavesTakesNothingWithIt) {
  auto client = send("GET /delay/1s HTTP/1.1\r\nHost: shop.test\r\n\r\n");
  world_.runFor(100ms);
  client->abort();
  world_.runFor(10s);
  expectRow({"GET", "/", 200, kText}, ask("GET", "/"));
}

}  // namespace
}  // namespace be
