// The ports that connections are made from: how many there are, and when they may be used again.
#include "unit/sim/net_fixture.h"

namespace sim {
namespace {

class PortsTest : public NetTest {
 protected:
  PortsTest() { client_host_.rules().ports = 1; }
  void TearDown() override {
    for (RawBackend* backend : {&backend_, &other_}) {
      for (const auto& connection : backend->connections()) connection->close();
    }
    NetTest::TearDown();
  }
  // The end of a connection that there is no port for comes at once.
  bool canConnect(const lb::Address& to) {
    RawClient client(client_.env(), to);
    run(10ms);
    const bool can = client.ended() != IoStatus::Exhausted;
    client.abort();
    run(10ms);
    return can;
  }
  RawBackend backend_{server_.env(), at(80), [](auto& conn) {
                        if (conn.ended() != IoStatus::Ok) conn.close();
                      }};
  RawBackend other_{server_.env(), at(81), listening_};
};

TEST_F(PortsTest, EachIsThereOnceForEachAddress) {
  client_host_.rules().ports = 2;
  RawClient a(client_.env(), at(80));
  RawClient b(client_.env(), at(80));
  EXPECT_NE(a.local().port, b.local().port);
  EXPECT_FALSE(canConnect(at(80)));
  EXPECT_TRUE(canConnect(at(81)));
  EXPECT_EQ(client_host_.portsInUse(), 2U);
  a.abort();
  run();
  EXPECT_TRUE(canConnect(at(80)));
}

TEST_F(PortsTest, WaitsWhenItsOwnerClosedFirst) {
  RawClient client(client_.env(), at(80));
  run();
  client.close();
  run();
  EXPECT_EQ(client_host_.portsInUse(), 0U);
  EXPECT_FALSE(canConnect(at(80)));
  EXPECT_TRUE(canConnect(at(81))) << "the same port to another address";
  run(58s);
  EXPECT_FALSE(canConnect(at(80)));
  run(2s);
  EXPECT_TRUE(canConnect(at(80)));
}

TEST_F(PortsTest, WaitsFromTheLastPacketOn) {
  RawClient client(client_.env(), at(81));
  run();
  client.close();
  run(30s);
  other_.last().close();
  run(58s);
  EXPECT_FALSE(canConnect(at(81)));
  run(2s);
  EXPECT_TRUE(canConnect(at(81)));
}

TEST_F(PortsTest, WaitsForAsLongAsItsHostSays) {
  client_host_.rules().time_wait = 0s;
  for (int i = 0; i < 3; ++i) {
    RawClient client(client_.env(), at(80));
    run(10ms);
    EXPECT_TRUE(client.connected());
    client.close();
    run(10ms);
    EXPECT_EQ(client_host_.portsInUse(), 0U);
  }
}

TEST_F(PortsTest, AreTheOnesThatItsHostSays) {
  struct Row {
    std::uint16_t first;
    std::uint16_t count;
    std::vector<std::uint16_t> expected;
  };
  for (const Row& row : {Row{1024, 2, {1024, 1025}}, Row{40'000, 1, {40'000}}, Row{65'534, 9, {65'534, 65'535}}}) {
    client_host_.rules().first_port = row.first;
    client_host_.rules().ports = row.count;
    std::vector<std::unique_ptr<RawClient>> clients;
    std::vector<std::uint16_t> ports;
    for (std::size_t i = 0; i < row.expected.size(); ++i) {
      clients.push_back(std::make_unique<RawClient>(client_.env(), at(80)));
      ports.push_back(clients.back()->local().port);
    }
    EXPECT_EQ(ports, row.expected);
    EXPECT_FALSE(canConnect(at(80))) << row.first;
    for (const auto& client : clients) client->abort();
    run();
  }
}

TEST_F(PortsTest, IsFreeAtOnceWhenTheServerClosedFirst) {
  RawClient client(client_.env(), at(81));
  run();
  other_.last().close();
  run();
  client.close();
  run(10ms);
  EXPECT_TRUE(canConnect(at(81)));
}

TEST_F(PortsTest, IsFreeAtOnceAfterAReset) {
  RawClient client(client_.env(), at(80));
  run();
  client.abort();
  run(10ms);
  EXPECT_TRUE(canConnect(at(80)));
}

TEST_F(PortsTest, WaitsForASecondOnlyWithinAMachine) {
  const lb::Address local{*lb::IpAddress::parse("127.0.0.1"), 90};
  RawBackend backend(client_.env(), local, [](auto& conn) {
    if (conn.ended() != IoStatus::Ok) conn.close();
  });
  RawClient client(client_.env(), local);
  run();
  client.close();
  run(900ms);
  EXPECT_FALSE(canConnect(local));
  run(200ms);
  EXPECT_TRUE(canConnect(local));
}

// The old connection lingers while a new one has its port.
TEST_F(PortsTest, LateEndOfAnOldConnectionLeavesTheNewOneItsPort) {
  RawClient old(client_.env(), at(81));
  run();
  old.close();
  run(61s);
  RawClient next(client_.env(), at(81));
  run();
  other_.connections().front()->send("late");
  other_.connections().front()->close();
  run();
  EXPECT_EQ(client_host_.portsInUse(), 1U);
  EXPECT_FALSE(canConnect(at(81)));
  next.send("x");
  run();
  EXPECT_EQ(other_.everything(), "x");
}

}  // namespace
}  // namespace sim
