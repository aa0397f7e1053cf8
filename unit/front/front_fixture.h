// A Server with scripted handlers behind it, in a simulated world with raw clients in front.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "lb/front/reply.h"
#include "lb/front/server.h"
#include "sim/actor/raw_client.h"
#include "sim/net/sim_env.h"
#include "unit/util/memory_log.h"
#include "unit/util/story_seed.h"

namespace lb::front {

using namespace std::chrono_literals;
using sim::actor::RawClient;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

class ScriptedRouter;

// Remembers what it is told, and answers as its router says.
class ScriptedHandler final : public http::RequestHandler {
 public:
  ScriptedHandler(ScriptedRouter& owner, http::RequestHead& request_head, http::ResponseWriter& response_writer)
      : router(owner), head(request_head), writer(response_writer) {}

  void onRequestBody(buf::Buffer& chunk) override {
    body += chunk.toString();
    chunk.clear();
  }
  void onRequestEnd(const http::Fields* trailers) override;
  void onRequestBatchEnd() override {}
  std::size_t requestRoom() const override { return 4 * buf::Block::kBytes; }
  void onResponseDrained() override;
  void onResponseSent() override;
  void onRequestFailed(const http::Problem& problem) override;
  void onRequestReset(http::RequestReset why) override;
  void release() override;

  void reply(std::string_view text, std::uint16_t status = 200);
  void beginReply();  // the head of a chunked one
  void endReply();

  ScriptedRouter& router;
  http::RequestHead& head;
  http::ResponseWriter& writer;
  std::string body;
  bool ended = false;
};

class ScriptedRouter final : public http::RequestRouter {
 public:
  ScriptedRouter(const Clock& clock_of, buf::BlockPool& pool) : clock(clock_of), blocks(pool) {}

  http::HandlerPtr onRequest(http::RequestHead& head, const http::Framing&, http::ResponseWriter& writer) override {
    log.push_back(std::string(head.methodText()) + " " + std::string(head.path()));
    http::HandlerPtr handler = add(head, writer);
    if (on_head) on_head(*handlers.back());
    return handler;
  }
  http::HandlerPtr onBadRequest(http::RequestHead& head, const http::Problem& problem,
                                http::ResponseWriter& writer) override {
    log.push_back("bad " + std::to_string(problem.status));
    http::HandlerPtr handler = add(head, writer);
    handlers.back()->reply(problem.what, problem.status);
    return handler;
  }

  std::function<void(ScriptedHandler&)> on_head;
  std::function<void(ScriptedHandler&)> on_end = [](ScriptedHandler& one) {
    one.reply(std::string(one.head.path()) + " " + one.body);
  };
  std::function<void(ScriptedHandler&)> on_drained;
  std::vector<std::string> log;
  std::vector<std::unique_ptr<ScriptedHandler>> handlers;  // that live, in the order of their requests
  const Clock& clock;
  buf::BlockPool& blocks;

 private:
  http::HandlerPtr add(http::RequestHead& head, http::ResponseWriter& writer) {
    handlers.push_back(std::make_unique<ScriptedHandler>(*this, head, writer));
    return http::HandlerPtr(handlers.back().get());
  }
};

inline void ScriptedHandler::onRequestEnd(const http::Fields*) {
  ended = true;
  if (router.on_end) router.on_end(*this);
}
inline void ScriptedHandler::onResponseDrained() {
  if (router.on_drained) router.on_drained(*this);
}
inline void ScriptedHandler::onResponseSent() {
  router.log.emplace_back("sent");
}
inline void ScriptedHandler::onRequestFailed(const http::Problem& problem) {
  router.log.push_back("failed " + std::to_string(problem.status));
  reply(problem.what, problem.status);
}
inline void ScriptedHandler::onRequestReset(http::RequestReset why) {
  static constexpr const char* kWhy[] = {"client gone", "write timeout", "shutdown"};
  router.log.push_back(std::string("reset: ") + kWhy[static_cast<std::size_t>(why)]);
}
inline void ScriptedHandler::release() {
  std::erase_if(router.handlers, [this](const auto& one) { return one.get() == this; });
}
inline void ScriptedHandler::reply(std::string_view text, std::uint16_t status) {
  sendReply(writer, {.status = status, .body = text}, head.method, router.clock.wall(), router.blocks);
}

inline void ScriptedHandler::beginReply() {
  http::ResponseHead response;
  response.start(200);
  writer.sendHead(response, {.kind = http::BodyKind::Chunked}, {});
  writer.flush();
}
inline void ScriptedHandler::endReply() {
  writer.sendEnd(nullptr);
  writer.flush();
}

class FrontTest : public testing::Test {
 protected:
  FrontTest() { EXPECT_TRUE(server_.listen({server_host_.address(), 80}).has_value()); }

  // Nothing may be left of anybody: a leak shows here in every story.
  void TearDown() override {
    clients_.clear();
    server_.shutdownNow();
    run();
    EXPECT_EQ(server_.connectionCount(), 0U);
    EXPECT_THAT(router_.handlers, IsEmpty());
    EXPECT_EQ(blocks_.blocksInUse(), 0U);
    EXPECT_EQ(stats_.connections_open.get(), 0U);
    EXPECT_EQ(stats_.connections_idle.get(), 0U);
  }

  RawClient& client() {
    clients_.push_back(std::make_unique<RawClient>(client_.env(), Address{server_host_.address(), 80}));
    return *clients_.back();
  }
  void run(Duration time = 10ms) { world_.runFor(time); }
  [[nodiscard]] bool runUntil(const std::function<bool()>& done, Duration limit) {
    return world_.runUntil(done, limit);
  }
  [[nodiscard]] ScriptedHandler& handler() { return *router_.handlers.back(); }
  static std::string get(std::string_view path) { return "GET " + std::string(path) + " HTTP/1.1\r\nHost: a\r\n\r\n"; }
  static std::vector<std::string> bodies(const RawClient& client) {
    std::vector<std::string> found;
    for (const auto& response : client.responses()) found.push_back(response.body);
    return found;
  }
  void change(const std::function<void(ClientSettings&)>& edit) {
    edit(settings_);
    server_.setSettings(settings_);
  }

  sim::World world_{testutil::storySeed()};
  sim::net::Fabric fabric_{world_};
  sim::net::Host& client_host_ = fabric_.addHost("client", "10.0.0.1");
  sim::net::Host& server_host_ = fabric_.addHost("server", "10.0.0.2");
  sim::net::SimEnv client_{fabric_, client_host_, "client"};
  sim::net::SimEnv env_{fabric_, server_host_, "server"};
  testutil::MemoryLog log_;
  buf::BlockPool blocks_;
  observe::WorkerStats stats_{observe::Layouts{config::Metrics{}}};
  ScriptedRouter router_{env_.clock, blocks_};
  ClientSettings settings_;
  Server server_{env_.env(), blocks_, router_, log_, stats_, settings_};
  std::vector<std::unique_ptr<RawClient>> clients_;
};

}  // namespace lb::front
