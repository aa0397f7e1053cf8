// Time and order; and that a seed decides it all.
#include "sim/core/world.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "sim/actor/raw_backend.h"
#include "sim/actor/raw_client.h"
#include "sim/net/sim_env.h"

namespace sim {
namespace {

using namespace std::chrono_literals;
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

// What happens when, in monotonic time, with a loop's timers, packets and names on their way while the wall clock
// jumps.
std::vector<MonoTime> historyWith(const std::vector<Duration>& jumps) {
  World world(1);
  net::Fabric fabric(world);
  net::SimEnv env(fabric, fabric.addHost("host", "10.0.0.1"), "process");
  net::SimEnv server(fabric, fabric.addHost("server", "10.0.0.2"), "server");
  actor::RawBackend backend(server.env(), {*lb::IpAddress::parse("10.0.0.2"), 80}, actor::RawBackend::answering("x"));
  actor::RawClient client(env.env(), {*lb::IpAddress::parse("10.0.0.2"), 80});
  std::vector<MonoTime> history;
  std::vector<std::unique_ptr<lb::Timer>> timers;
  for (const Duration delay : {Duration(0), Duration(1), Duration(1ms), Duration(1s), Duration(1h)}) {
    timers.push_back(env.loop.makeTimer([&] {
      history.push_back(env.clock.now());
      history.push_back(env.clock.precise());
      client.send("GET / HTTP/1.1\r\n\r\n");
    }));
    timers.back()->arm(delay);
  }
  const lb::WallTime wall = env.clock.wall();
  const MonoTime begin = world.now();
  Duration jumped{};
  for (const Duration jump : jumps) {
    world.runFor(500us);
    const MonoTime before = env.clock.precise();
    world.jumpWall(jump);
    jumped += jump;
    EXPECT_EQ(env.clock.precise(), before);
    history.push_back(world.now());
  }
  world.runFor(2h);
  EXPECT_EQ(env.clock.wall().since_epoch - wall.since_epoch, jumped + (world.now() - begin));
  EXPECT_EQ(client.received(), "xxxxx");
  history.push_back(world.now());
  return history;
}

TEST(World, WallTimeJumpsAndNothingElseMoves) {
  EXPECT_EQ(historyWith({0s, 0s, 0s}), historyWith({-2h, 24h * 365, -90min}));
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
