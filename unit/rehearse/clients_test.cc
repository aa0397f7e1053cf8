// Clients are many machines: whatever a rehearsal shows, it is not that they have run out of ports.
#include <gmock/gmock.h>

#include "sim/actor/raw_backend.h"
#include "sim/net/sim_env.h"
#include "sim/rehearse/crowd.h"
#include "sim/rehearse/stage.h"
#include "unit/rehearse/story.h"

namespace sim::rehearse {
namespace {

using testing::ElementsAre;

// More connections within ten seconds than one machine has ports for in a minute; lb answers by itself, which is faster
// to simulate.
TEST(Clients, MayConnectForEveryRequest) {
  constexpr std::string_view kAnswers = R"(
proxy:
  routes: [{match: {path: /}, respond: {status: 200, body: short}}]
  services: [{name: shop, domain: shop.example.com, hosts: [{address: 10.0.0.1, port: 80}]}]
)";
  tell({"a connection for each request", kAnswers, "expect: [errors = 0, requests > 29000]"}, noFile,
       "duration: 10s\ntraffic: [{rate: 3000/s, arrivals: even, keep_alive: false}]\n");
}

TEST(Clients, HaveAsManyPortsAsTheyMayHaveConnections) {
  Scenario scenario = scenarioOf("traffic: [{service: shop, rate: 1/s}, {service: shop, rate: 1/s}]");
  scenario.traffic[1].connections = 1'000'000;  // as in a replay
  World world(1);
  net::Fabric fabric(world);
  const Stage stage(fabric, scenario);
  EXPECT_EQ(stage.clients(0).size(), 1U) << "one address is one client to lb";
  for (std::size_t stream = 0; stream < scenario.traffic.size(); ++stream) {
    std::size_t ports = 0;
    for (const net::Host* host : stage.clients(stream)) {
      EXPECT_TRUE(isOfStage(host->address()));
      ports += host->rules().ports;
    }
    EXPECT_GE(ports, scenario.traffic[stream].connections);
  }
}

TEST(Clients, UseAnotherAddressOnlyWhenOneHasNoPortLeft) {
  World world(1);
  net::Fabric fabric(world);
  net::Host& server_host = fabric.addHost("server", "10.0.0.1");
  std::vector<net::Host*> machines;
  for (const char* address : {"10.0.0.2", "10.0.0.3"}) {
    machines.push_back(&fabric.addHost("client", address));
    machines.back()->rules().ports = 2;
  }
  net::SimEnv server(fabric, server_host, "server");
  net::SimEnv client(fabric, *machines.front(), "client");
  const lb::Address to{server_host.address(), 80};
  const actor::RawBackend backend(server.env(), to, [](auto&) {});
  Crowd crowd(client.loop, fabric, machines);
  std::vector<std::unique_ptr<lb::Stream>> streams;
  const auto connect = [&] {
    streams.push_back(crowd.connect(to));
    return streams.back()->local().ip.toString();
  };
  std::vector<std::string> from;
  for (int i = 0; i < 4; ++i) from.push_back(connect());
  EXPECT_THAT(from, ElementsAre("10.0.0.2", "10.0.0.2", "10.0.0.3", "10.0.0.3"));
  streams.front()->abort();
  EXPECT_EQ(connect(), "10.0.0.2");
  EXPECT_EQ(machines[0]->portsInUse() + machines[1]->portsInUse(), 4U);
}

}  // namespace
}  // namespace sim::rehearse
