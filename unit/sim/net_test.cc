// The network's own behaviour where the contract of lb/env says nothing: time, windows, backlog, refusals.
#include "unit/sim/net_fixture.h"

namespace sim {
namespace {

TEST_F(NetTest, BytesTakeTheLatencyOfTheWay) {
  fabric_.setRulesBothWays(client_host_, server_host_, {.latency = 10ms});
  RawBackend backend(server_.env(), at(80), listening_);
  RawClient client(client_.env(), at(80));
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
  RawBackend backend(server_.env(), at(80), listening_);
  RawClient client(client_.env(), at(80));
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
  RawBackend backend(server_.env(), at(80), listening_);
  RawClient client(client_.env(), at(80));
  client.send(std::string(200'000, 'x'));
  run(1s);
  EXPECT_NEAR(static_cast<double>(backend.everything().size()), 100'000, 20'000);
  run(1500ms);
  EXPECT_EQ(backend.everything().size(), 200'000U);
}

TEST_F(NetTest, WindowAndBufferBoundWhatAWriterGetsRidOf) {
  server_host_.rules().receive_window = 1000;
  client_host_.rules().send_buffer = 500;
  RawBackend backend(server_.env(), at(80), listening_);
  RawClient client(client_.env(), at(80));
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

TEST_F(NetTest, BlackHoleIsTriedAgainUntilTheSystemGivesUp) {
  fabric_.setRules(client_host_, server_host_, {.black_hole = true});
  RawBackend backend(server_.env(), at(80), listening_);
  RawClient client(client_.env(), at(80));
  run(126s);
  EXPECT_EQ(client.ended(), IoStatus::Ok);
  run(2s);
  EXPECT_EQ(client.ended(), IoStatus::TimedOut);
}

TEST_F(NetTest, ConnectionComesUpWhenABlackHoleEnds) {
  fabric_.setRules(client_host_, server_host_, {.black_hole = true});
  RawBackend backend(server_.env(), at(80), listening_);
  RawClient client(client_.env(), at(80));
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
  std::vector<std::unique_ptr<RawClient>> clients;
  for (int i = 0; i < 4; ++i) {
    clients.push_back(std::make_unique<RawClient>(client_.env(), at(80)));
    run(10ms);
  }
  EXPECT_TRUE(clients[0]->connected() && clients[1]->connected());
  EXPECT_FALSE(clients[2]->connected() || clients[3]->connected());
  listener->pause(false);
  run(2s);
  EXPECT_TRUE(clients[2]->connected() && clients[3]->connected());
  EXPECT_EQ(nobody.accepted, 4);
}

// Both attempts found room, but it was there for one of them only: the other is answered again until there is.
TEST_F(NetTest, AttemptsAtTheSameTimeShareTheBacklog) {
  server_host_.rules().backlog = 1;
  struct Counter final : lb::AcceptEvents {
    void onAccept(std::unique_ptr<lb::Stream> stream) override { accepted.push_back(std::move(stream)); }
    void onAcceptFailed(IoStatus) override {}
    std::vector<std::unique_ptr<lb::Stream>> accepted;
  } counter;
  const auto listener = std::move(*server_.network.listen(at(80), counter));
  listener->pause(true);
  RawClient first(client_.env(), at(80));
  RawClient second(client_.env(), at(80));
  run(500ms);
  EXPECT_TRUE(first.connected() && second.connected()) << "as far as they know";
  listener->pause(false);
  run(100ms);
  EXPECT_EQ(counter.accepted.size(), 1U);
  run(1s);
  EXPECT_EQ(counter.accepted.size(), 2U);
}

// A writer's room comes back with the acknowledgement, one way after the bytes have arrived.
TEST_F(NetTest, BytesLeaveTheSendBufferWhenTheyAreAcknowledged) {
  fabric_.setRulesBothWays(client_host_, server_host_, {.latency = 10ms});
  client_host_.rules().send_buffer = 500;
  RawBackend backend(server_.env(), at(80), listening_);
  RawClient client(client_.env(), at(80));
  run(100ms);
  client.send(std::string(600, 'x'));
  EXPECT_EQ(client.unsent(), 100U);
  run(19ms);
  EXPECT_EQ(backend.everything().size(), 500U);
  EXPECT_EQ(client.unsent(), 100U) << "it does not know yet";
  run(2ms);
  EXPECT_EQ(client.unsent(), 0U);
}

// What arrived long ago is not in the buffer any more, although nobody said so when it arrived.
TEST_F(NetTest, WriterWhoBeginsToWaitLearnsWhatHasArrivedBefore) {
  client_host_.rules().send_buffer = 900;
  server_host_.rules().receive_window = 500;
  RawBackend backend(server_.env(), at(80), listening_);
  RawClient client(client_.env(), at(80));
  run();
  backend.last().setReading(false);
  client.send(std::string(500, 'x'));
  run();
  client.send(std::string(2000, 'x'));
  run();
  EXPECT_EQ(client.unsent(), 2500U - 500U - 900U);
}

TEST_F(NetTest, NobodyAtTheAddressOrAtThePortOrARefusingRule) {
  RawClient nowhere(client_.env(), {*lb::IpAddress::parse("10.9.9.9"), 80});
  RawClient no_port(client_.env(), at(81));
  run();
  EXPECT_EQ(nowhere.ended(), IoStatus::Unreachable);
  EXPECT_EQ(no_port.ended(), IoStatus::Refused);
  RawBackend backend(server_.env(), at(80), listening_);
  fabric_.setRules(client_host_, server_host_, {.refuse = true});
  RawClient refused(client_.env(), at(80));
  run();
  EXPECT_EQ(refused.ended(), IoStatus::Refused);
  EXPECT_EQ(client_host_.portsInUse(), 0U) << "whoever could not connect gives the port back";
}

TEST_F(NetTest, AHandshakeThatIsCutLooksLikeAConnectionThatIsResetAtOnce) {
  RawBackend backend(server_.env(), at(80), listening_);
  fabric_.setRules(client_host_, server_host_, {.cut_handshake = true});
  RawClient client(client_.env(), at(80));
  client.send("one");
  run();
  EXPECT_TRUE(client.connected());
  EXPECT_EQ(client.ended(), IoStatus::Reset);
  EXPECT_TRUE(backend.connections().empty()) << "nobody there has heard of it";
  EXPECT_EQ(client_host_.portsInUse(), 0U) << "nothing is left of it";
  fabric_.setRules(client_host_, server_host_, {});
  RawClient next(client_.env(), at(80));
  next.send("two");
  run();
  EXPECT_EQ(backend.everything(), "two");
}

TEST_F(NetTest, PortsComeBack) {
  RawBackend backend(server_.env(), at(80), [](auto& conn) {
    if (conn.ended() != IoStatus::Ok) conn.close();
  });
  for (const bool abort : {false, true}) {
    RawClient client(client_.env(), at(80));
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
  const RawClient client(client_.env(), at(80));
  run();
  EXPECT_TRUE(client.connected());
  EXPECT_EQ(patient.failures, 1);
  server_host_.rules().accept_exhausted = false;
  listener->pause(false);
  run();
  EXPECT_EQ(patient.accepted.size(), 1U);
}

TEST_F(NetTest, PausedProcessDoesNothingAndMissesNothing) {
  RawBackend backend(server_.env(), at(80), RawBackend::answering("HTTP/1.1 204 No Content\r\n\r\n"));
  RawClient client(client_.env(), at(80));
  run();
  server_.loop.pauseFor(10s);
  client.send("GET / HTTP/1.1\r\n\r\n");
  run(9s);
  EXPECT_EQ(client.received(), "");
  run(2s);
  EXPECT_EQ(client.responses().size(), 1U);
}

}  // namespace
}  // namespace sim
