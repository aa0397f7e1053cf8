// Two machines and a process on each: what the tests of the network stand on.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "sim/actor/raw_backend.h"
#include "sim/actor/raw_client.h"
#include "sim/net/sim_env.h"

namespace sim {

using namespace std::chrono_literals;
using actor::RawBackend;
using actor::RawClient;
using lb::IoStatus;
using testing::ElementsAre;

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
  const RawBackend::Script listening_ = [](auto&) {};
};

}  // namespace sim
