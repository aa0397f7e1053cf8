// Whole machines: switched off, switched on again, standing still.
#include "sim/net/connection.h"
#include "unit/sim/net_fixture.h"

namespace sim {
namespace {

using net::Connection;

TEST_F(NetTest, KilledHostDoesNotSayAWord) {
  RawBackend backend(server_.env(), at(80), listening_);
  RawClient client(client_.env(), at(80));
  run();
  backend.last().send("the last thing it said");
  fabric_.kill(server_host_);
  run(24h);
  EXPECT_EQ(client.received(), "the last thing it said");
  EXPECT_EQ(client.ended(), IoStatus::Ok);
  client.send("anybody there?");
  run(Connection::kPatience - 1s);
  EXPECT_EQ(client.ended(), IoStatus::Ok);
  run(2s);
  EXPECT_EQ(client.ended(), IoStatus::TimedOut);
  EXPECT_EQ(backend.everything(), "");
}

TEST_F(NetTest, RestartedHostAnswersWithAReset) {
  RawBackend backend(server_.env(), at(80), listening_);
  RawClient idle(client_.env(), at(80));
  RawClient waiting(client_.env(), at(80));
  RawClient closing(client_.env(), at(80));
  run();
  fabric_.kill(server_host_);
  waiting.send("question");
  closing.finish();
  run(1min);
  EXPECT_EQ(waiting.ended(), IoStatus::Ok);
  fabric_.restart(server_host_);
  run();
  EXPECT_EQ(waiting.ended(), IoStatus::Reset);
  EXPECT_EQ(closing.ended(), IoStatus::Reset);
  EXPECT_EQ(idle.ended(), IoStatus::Ok) << "it has not asked";
  idle.send("question");
  run();
  EXPECT_EQ(idle.ended(), IoStatus::Reset);
}

TEST_F(NetTest, NewProcessListensOnThePortOfTheOld) {
  RawBackend backend(server_.env(), at(80), listening_);
  fabric_.kill(server_host_);
  fabric_.restart(server_host_);
  RawClient early(client_.env(), at(80));
  run();
  EXPECT_EQ(early.ended(), IoStatus::Refused) << "the machine is there, nobody listens";
  net::SimEnv process(fabric_, server_host_, "server, again");
  RawBackend again(process.env(), at(80), listening_);
  RawClient client(client_.env(), at(80));
  client.send("x");
  run();
  EXPECT_EQ(again.everything(), "x");
  EXPECT_EQ(backend.everything(), "");
}

TEST_F(NetTest, ConnectingToAHostThatIsDown) {
  fabric_.kill(server_host_);
  RawClient hopeless(client_.env(), at(80));
  run(126s);
  EXPECT_EQ(hopeless.ended(), IoStatus::Ok) << "neither refused nor unreachable";
  run(2s);
  EXPECT_EQ(hopeless.ended(), IoStatus::TimedOut);
  RawClient patient(client_.env(), at(80));
  run(2s);
  fabric_.restart(server_host_);
  net::SimEnv process(fabric_, server_host_, "server, again");
  RawBackend again(process.env(), at(80), listening_);
  run(2s);
  EXPECT_TRUE(patient.connected());
}

// The answer to the attempt is on its way when the host goes: the next attempt finds a host that knows nothing.
TEST_F(NetTest, HostKilledDuringAHandshake) {
  for (const bool answer_arrives : {false, true}) {
    fabric_.setRulesBothWays(client_host_, server_host_, {.latency = 10ms});
    auto process = std::make_unique<net::SimEnv>(fabric_, server_host_, "server, again");
    auto backend = std::make_unique<RawBackend>(process->env(), at(80), listening_);
    RawClient client(client_.env(), at(80));
    run(15ms);
    if (!answer_arrives) fabric_.setRules(server_host_, client_host_, {.latency = 10ms, .stalled = true});
    fabric_.kill(server_host_);
    backend.reset();
    process = std::make_unique<net::SimEnv>(fabric_, server_host_, "server, again");
    run(500ms);
    fabric_.restart(server_host_);
    backend = std::make_unique<RawBackend>(process->env(), at(80), listening_);
    fabric_.setRules(server_host_, client_host_, {.latency = 10ms});
    run(3s);
    EXPECT_EQ(client.connected(), true);
    EXPECT_EQ(client.ended(), answer_arrives ? IoStatus::Reset : IoStatus::Ok);
    EXPECT_EQ(backend->connections().size(), answer_arrives ? 0U : 1U);
  }
}

TEST_F(NetTest, ServersLearnOfAKilledClientOnlyBySending) {
  RawBackend backend(server_.env(), at(80), listening_);
  RawClient client(client_.env(), at(80));
  client.send("question");
  run();
  EXPECT_EQ(client_host_.portsInUse(), 1U);
  fabric_.kill(client_host_);
  EXPECT_EQ(client_host_.portsInUse(), 0U);
  run(24h);
  EXPECT_EQ(backend.last().ended(), IoStatus::Ok);
  backend.last().send("answer");
  run(1min);
  EXPECT_EQ(backend.last().ended(), IoStatus::Ok);
  fabric_.restart(client_host_);
  run();
  EXPECT_EQ(backend.last().ended(), IoStatus::Reset);
  EXPECT_EQ(client.received(), "");
}

TEST_F(NetTest, ProcessOfAKilledHostNeverRunsAgain) {
  int ran = 0;
  auto process = std::make_unique<net::SimEnv>(fabric_, server_host_, "another");
  auto timer = process->loop.makeTimer([&] { ++ran; });
  auto backend = std::make_unique<RawBackend>(process->env(), at(81), [&](auto&) { ++ran; });
  RawClient client(client_.env(), at(81));
  run();
  timer->arm(1s);
  process->loop.post([&] { ++ran; });
  client.send("x");
  fabric_.kill(server_host_);
  fabric_.restart(server_host_);
  server_host_.resume();
  run(1h);
  EXPECT_EQ(ran, 0);
  timer.reset();
  backend.reset();
  process.reset();
  run();
  EXPECT_EQ(ran, 0);
  EXPECT_EQ(client.ended(), IoStatus::Reset);
}

// The system acknowledges and buffers until the window is full; the process does nothing.
TEST_F(NetTest, PausedHostBuffersUntilItIsResumed) {
  server_host_.rules().receive_window = 1000;
  client_host_.rules().send_buffer = 500;
  RawBackend backend(server_.env(), at(80), listening_);
  RawClient client(client_.env(), at(80));
  run();
  server_host_.pause();
  client.send(std::string(5000, 'x'));
  run(24h);
  EXPECT_EQ(client.unsent(), 3500U);
  EXPECT_EQ(client.ended(), IoStatus::Ok) << "it is answered, so nobody loses patience";
  EXPECT_EQ(backend.everything(), "");
  server_host_.resume();
  run();
  EXPECT_EQ(backend.everything().size(), 5000U);
}

TEST_F(NetTest, BacklogOfAPausedHostFills) {
  server_host_.rules().backlog = 2;
  RawBackend backend(server_.env(), at(80), listening_);
  server_host_.pause();
  std::vector<std::unique_ptr<RawClient>> clients;
  for (int i = 0; i < 3; ++i) {
    clients.push_back(std::make_unique<RawClient>(client_.env(), at(80)));
    run(10ms);
  }
  run(2min);
  EXPECT_TRUE(clients[0]->connected() && clients[1]->connected());
  EXPECT_FALSE(clients[2]->connected());
  run(10s);
  EXPECT_EQ(clients[2]->ended(), IoStatus::TimedOut);
  server_host_.resume();
  run();
  EXPECT_EQ(backend.connections().size(), 2U);
}

TEST_F(NetTest, TimersOfAPausedHostFireWhenItIsResumed) {
  std::vector<MonoTime> fired;
  const auto timer = server_.loop.makeTimer([&] { fired.push_back(server_.clock.now()); });
  timer->arm(1s);
  server_host_.pause();
  run(1h);
  EXPECT_TRUE(fired.empty());
  const MonoTime resumed = world_.now();
  server_host_.resume();
  run(1h);
  EXPECT_THAT(fired, ElementsAre(resumed));
}

}  // namespace
}  // namespace sim
