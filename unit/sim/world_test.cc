// Time, order and the network's own behaviour, where the contract of lb/env says nothing; and that a seed decides it
// all.
#include "sim/core/world.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "sim/actor/raw_backend.h"
#include "sim/actor/raw_client.h"
#include "sim/net/sim_env.h"

namespace sim {
namespace {

using namespace std::chrono_literals;
using lb::IoStatus;
using testing::ElementsAre;

TEST(World, EventsComeInTheOrderOfTheirTimes) {
  World world(1);
  std::vector<int> order;
  world.after(3s, [&] { order.push_back(3); });
  world.after(1s, [&] {
    order.push_back(1);
    world.after(1s, [&] { order.push_back(2); });
  });
  const MonoTime begin = world.now();
  world.runUntilIdle();
  EXPECT_THAT(order, ElementsAre(1, 2, 3));
  EXPECT_EQ(world.now() - begin, 3s);
}

TEST(World, SeedDecidesTheOrderWithinAMoment) {
  const auto orderOf = [](std::uint64_t seed) {
    World world(seed);
    std::vector<int> order;
    for (int i = 0; i < 8; ++i) world.after(1s, [&order, i] { order.push_back(i); });
    world.runUntilIdle();
    return order;
  };
  EXPECT_EQ(orderOf(1), orderOf(1));
  EXPECT_NE(orderOf(1), orderOf(2));
}

TEST(World, RunningUntilSomethingStopsAtTheLimit) {
  World world(1);
  bool done = false;
  world.after(10s, [&] { done = true; });
  const MonoTime begin = world.now();
  EXPECT_FALSE(world.runUntil([&] { return done; }, 9s));
  EXPECT_EQ(world.now() - begin, 9s);
  EXPECT_TRUE(world.runUntil([&] { return done; }, 9s));
  EXPECT_EQ(world.now() - begin, 10s);
}

TEST(World, WallTimeJumpsAndMonotonicTimeDoesNot) {
  World world(1);
  const lb::WallTime before = world.wall(world.now());
  const MonoTime mono = world.now();
  world.jumpWall(-2h);
  EXPECT_EQ(world.wall(world.now()).since_epoch - before.since_epoch, -2h);
  EXPECT_EQ(world.now(), mono);
}

class NetTest : public testing::Test {
 protected:
  void run(Duration time = 1s) { world_.runFor(time); }
  lb::Address at(std::uint16_t port) { return {server_host_.address(), port}; }

  World world_{1};
  net::Fabric fabric_{world_};
  net::Host& client_host_ = fabric_.addHost("client", "10.0.0.1");
  net::Host& server_host_ = fabric_.addHost("server", "10.0.0.2");
  net::SimEnv client_{fabric_, client_host_, "client"};
  net::SimEnv server_{fabric_, server_host_, "server"};
};

TEST_F(NetTest, BytesTakeTheLatencyOfTheWay) {
  fabric_.setRulesBothWays(client_host_, server_host_, {.latency = 10ms});
  actor::RawBackend backend(server_.env(), at(80), [](auto&) {});
  actor::RawClient client(client_.env(), at(80));
  const MonoTime begin = world_.now();
  ASSERT_TRUE(world_.runUntil([&] { return client.connected(); }, 1s));
  EXPECT_GE(world_.now() - begin, 20ms);
  EXPECT_LT(world_.now() - begin, 21ms);
  client.send("x");
  ASSERT_TRUE(world_.runUntil([&] { return backend.everything() == "x"; }, 1s));
  EXPECT_GE(world_.now() - begin, 30ms);
  EXPECT_LT(world_.now() - begin, 31ms);
}

TEST_F(NetTest, JitterNeverChangesTheOrderOfBytes) {
  fabric_.setRulesBothWays(client_host_, server_host_, {.latency = 1ms, .jitter = 50ms, .segment_max = 3});
  server_host_.rules().receive_window = 7;
  server_host_.rules().short_read = {1, 2};
  client_host_.rules().short_write = {1, 2};
  actor::RawBackend backend(server_.env(), at(80), [](auto&) {});
  actor::RawClient client(client_.env(), at(80));
  std::string text;
  for (int i = 0; i < 200; ++i) text += std::to_string(i) + ",";
  client.send(text);
  client.finish();
  ASSERT_TRUE(
      world_.runUntil([&] { return !backend.connections().empty() && backend.last().ended() == IoStatus::Eof; }, 600s));
  EXPECT_EQ(backend.everything(), text);
}

TEST_F(NetTest, BandwidthLimitsHowFastBytesFlow) {
  fabric_.setRulesBothWays(client_host_, server_host_, {.latency = 1ms, .bytes_per_second = 100'000});
  actor::RawBackend backend(server_.env(), at(80), [](auto&) {});
  actor::RawClient client(client_.env(), at(80));
  client.send(std::string(200'000, 'x'));
  run(1s);
  EXPECT_NEAR(static_cast<double>(backend.everything().size()), 100'000, 20'000);
  run(1500ms);
  EXPECT_EQ(backend.everything().size(), 200'000U);
}

TEST_F(NetTest, WindowAndBufferBoundWhatAWriterGetsRidOf) {
  server_host_.rules().receive_window = 1000;
  client_host_.rules().send_buffer = 500;
  actor::RawBackend backend(server_.env(), at(80), [](auto&) {});
  actor::RawClient client(client_.env(), at(80));
  run();
  backend.last().setReading(false);
  client.send(std::string(5000, 'x'));
  run();
  EXPECT_EQ(client.unsent(), 3500U);
  backend.last().setReading(true);
  run();
  EXPECT_EQ(client.unsent(), 0U);
  EXPECT_EQ(backend.everything().size(), 5000U);
}

TEST_F(NetTest, StallHoldsEverythingAndLosesNothing) {
  actor::RawBackend backend(server_.env(), at(80), [](auto&) {});
  actor::RawClient client(client_.env(), at(80));
  run();
  client.send("one");
  fabric_.setRules(client_host_, server_host_, {.stalled = true});  // "one" is on its way
  client.send("two");
  run(1h);
  EXPECT_EQ(backend.everything(), "");
  backend.last().send("the other way is open");
  run();
  EXPECT_EQ(client.received(), "the other way is open");
  fabric_.setRules(client_host_, server_host_, {});
  client.send("three");
  client.finish();
  run();
  EXPECT_EQ(backend.everything(), "onetwothree");
  EXPECT_EQ(backend.last().ended(), IoStatus::Eof);
}

TEST_F(NetTest, BlackHoleIsTriedAgainUntilTheSystemGivesUp) {
  fabric_.setRules(client_host_, server_host_, {.black_hole = true});
  actor::RawBackend backend(server_.env(), at(80), [](auto&) {});
  actor::RawClient client(client_.env(), at(80));
  run(126s);
  EXPECT_EQ(client.ended(), IoStatus::Ok);
  run(2s);
  EXPECT_EQ(client.ended(), IoStatus::TimedOut);
}

TEST_F(NetTest, ConnectionComesUpWhenABlackHoleEnds) {
  fabric_.setRules(client_host_, server_host_, {.black_hole = true});
  actor::RawBackend backend(server_.env(), at(80), [](auto&) {});
  actor::RawClient client(client_.env(), at(80));
  run(5s);
  EXPECT_FALSE(client.connected());
  fabric_.setRules(client_host_, server_host_, {});
  run(4s);
  EXPECT_TRUE(client.connected());
  EXPECT_EQ(backend.connections().size(), 1U);
}

TEST_F(NetTest, FullBacklogDropsAttempts) {
  server_host_.rules().backlog = 2;
  struct Nobody final : lb::AcceptEvents {
    void onAccept(std::unique_ptr<lb::Stream>) override { ++accepted; }
    void onAcceptFailed(IoStatus) override {}
    int accepted = 0;
  } nobody;
  const auto listener = std::move(*server_.network.listen(at(80), nobody));
  listener->pause(true);
  std::vector<std::unique_ptr<actor::RawClient>> clients;
  for (int i = 0; i < 4; ++i) {
    clients.push_back(std::make_unique<actor::RawClient>(client_.env(), at(80)));
    run(10ms);
  }
  EXPECT_TRUE(clients[0]->connected() && clients[1]->connected());
  EXPECT_FALSE(clients[2]->connected() || clients[3]->connected());
  listener->pause(false);
  run(2s);
  EXPECT_TRUE(clients[2]->connected() && clients[3]->connected());
  EXPECT_EQ(nobody.accepted, 4);
}

TEST_F(NetTest, NobodyAtTheAddressOrAtThePortOrARefusingRule) {
  actor::RawClient nowhere(client_.env(), {*lb::IpAddress::parse("10.9.9.9"), 80});
  actor::RawClient no_port(client_.env(), at(81));
  run();
  EXPECT_EQ(nowhere.ended(), IoStatus::Unreachable);
  EXPECT_EQ(no_port.ended(), IoStatus::Refused);
  actor::RawBackend backend(server_.env(), at(80), [](auto&) {});
  fabric_.setRules(client_host_, server_host_, {.refuse = true});
  actor::RawClient refused(client_.env(), at(80));
  run();
  EXPECT_EQ(refused.ended(), IoStatus::Refused);
  EXPECT_EQ(client_host_.portsInUse(), 0U) << "whoever could not connect gives the port back";
}

TEST_F(NetTest, PortsComeBack) {
  actor::RawBackend backend(server_.env(), at(80), [](auto& conn) {
    if (conn.ended() != IoStatus::Ok) conn.close();
  });
  for (const bool abort : {false, true}) {
    actor::RawClient client(client_.env(), at(80));
    run();
    EXPECT_EQ(client_host_.portsInUse(), 1U);
    if (abort) {
      client.abort();
    } else {
      client.close();
    }
    run();
    EXPECT_EQ(client_host_.portsInUse(), 0U);
    EXPECT_EQ(backend.openConnections(), 0U);
  }
}

TEST_F(NetTest, FailedAcceptsLeaveTheConnectionQueued) {
  struct Patient final : lb::AcceptEvents {
    void onAccept(std::unique_ptr<lb::Stream> stream) override { accepted.push_back(std::move(stream)); }
    void onAcceptFailed(IoStatus why) override {
      EXPECT_EQ(why, IoStatus::Exhausted);
      ++failures;
      listener->pause(true);
    }
    std::vector<std::unique_ptr<lb::Stream>> accepted;
    lb::Listener* listener = nullptr;
    int failures = 0;
  } patient;
  const auto listener = std::move(*server_.network.listen(at(80), patient));
  patient.listener = listener.get();
  server_host_.rules().accept_exhausted = true;
  const actor::RawClient client(client_.env(), at(80));
  run();
  EXPECT_TRUE(client.connected());
  EXPECT_EQ(patient.failures, 1);
  server_host_.rules().accept_exhausted = false;
  listener->pause(false);
  run();
  EXPECT_EQ(patient.accepted.size(), 1U);
}

TEST_F(NetTest, PausedProcessDoesNothingAndMissesNothing) {
  actor::RawBackend backend(server_.env(), at(80), actor::RawBackend::answering("HTTP/1.1 204 No Content\r\n\r\n"));
  actor::RawClient client(client_.env(), at(80));
  run();
  server_.loop.pauseFor(10s);
  client.send("GET / HTTP/1.1\r\n\r\n");
  run(9s);
  EXPECT_EQ(client.received(), "");
  run(2s);
  EXPECT_EQ(client.responses().size(), 1U);
}

TEST_F(NetTest, NamesAreAnsweredByTheirRules) {
  struct Answer final : lb::ResolveEvents {
    void onResolved(lb::Result<lb::Resolved> result) override { found = std::move(result); }
    std::optional<lb::Result<lb::Resolved>> found;
  } slow, changed, failing, silent;
  const auto first = *lb::IpAddress::parse("10.1.0.1");
  const auto second = *lb::IpAddress::parse("10.1.0.2");
  fabric_.setName("slow", {.addresses = {first}, .ttl = 7s, .delay = 2s});
  fabric_.setName("changed", {.addresses = {first}, .delay = 2s});
  fabric_.setName("failing", {.addresses = {}, .fails = true});
  fabric_.setName("silent", {.addresses = {}, .silent = true});
  const auto a = client_.resolver.lookup("slow", slow);
  const auto b = client_.resolver.lookup("changed", changed);
  const auto c = client_.resolver.lookup("failing", failing);
  const auto d = client_.resolver.lookup("silent", silent);
  run(1s);
  EXPECT_FALSE(slow.found.has_value());
  ASSERT_TRUE(failing.found.has_value());
  EXPECT_FALSE(failing.found->has_value());
  fabric_.setName("changed", {.addresses = {second}});
  run(1500ms);
  ASSERT_TRUE(slow.found.has_value() && changed.found.has_value());
  EXPECT_EQ((*slow.found)->ttl, 7s);
  EXPECT_THAT((*changed.found)->addresses, ElementsAre(second)) << "the rule of the moment when the answer is due";
  EXPECT_FALSE(silent.found.has_value());
}

// A small crowd with everything that draws: the seed alone decides how it goes.
std::uint64_t fingerprint(std::uint64_t seed) {
  World world(seed);
  net::Fabric fabric(world);
  net::Host& client_host = fabric.addHost("client", "10.0.0.1");
  net::Host& server_host = fabric.addHost("server", "10.0.0.2");
  fabric.setRulesBothWays(client_host, server_host, {.latency = 1ms, .jitter = 3ms, .segment_max = 100});
  server_host.rules().short_read = {1, 2};
  client_host.rules().short_write = {1, 2};
  net::SimEnv server(fabric, server_host, "server");
  net::SimEnv client(fabric, client_host, "client");
  const lb::Address address{server_host.address(), 80};
  actor::RawBackend backend(server.env(), address,
                            actor::RawBackend::answering("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello"));
  std::vector<std::unique_ptr<actor::RawClient>> clients;
  for (int i = 0; i < 100; ++i) {
    clients.push_back(std::make_unique<actor::RawClient>(client.env(), address));
    for (int k = 0; k < 10; ++k) clients.back()->send("GET /" + std::to_string(i * k) + " HTTP/1.1\r\nhost: x\r\n\r\n");
  }
  world.runFor(5s);
  for (const auto& one : clients) EXPECT_EQ(one->responses().size(), 10U);
  EXPECT_GT(world.digest().checkpoints().size(), 0U);
  return world.digest().value();
}

TEST(Determinism, SameSeedSameHistory) {
  EXPECT_EQ(fingerprint(42), fingerprint(42));
}

TEST(Determinism, AnotherSeedAnotherHistory) {
  EXPECT_NE(fingerprint(42), fingerprint(43));
}

}  // namespace
}  // namespace sim
