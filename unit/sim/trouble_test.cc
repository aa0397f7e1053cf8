// Partitions of either way, loss, and how long systems go on trying.
#include "sim/net/connection.h"
#include "unit/sim/net_fixture.h"

namespace sim {
namespace {

using net::Connection;
using net::LinkRules;

constexpr LinkRules kStalled{.stalled = true};
constexpr Duration kConnectPatience = 127s;

TEST_F(NetTest, StallHoldsEverythingAndLosesNothing) {
  RawBackend backend(server_.env(), at(80), listening_);
  RawClient client(client_.env(), at(80));
  run();
  client.send("one");
  fabric_.setRules(client_host_, server_host_, {.stalled = true});  // "one" is on its way
  client.send("two");
  run(10min);
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

class AsymmetricTest : public NetTest, public testing::WithParamInterface<bool> {
 protected:
  // One of the two ways.
  void setRules(const LinkRules& rules) {
    if (GetParam()) {
      fabric_.setRules(client_host_, server_host_, rules);
    } else {
      fabric_.setRules(server_host_, client_host_, rules);
    }
  }
};
INSTANTIATE_TEST_SUITE_P(EitherWay, AsymmetricTest, testing::Bool());

TEST_P(AsymmetricTest, ConnectingTimesOutAsSystemsDo) {
  setRules(kStalled);
  RawBackend backend(server_.env(), at(80), listening_);
  RawClient client(client_.env(), at(80));
  run(kConnectPatience - 1ms);
  EXPECT_EQ(client.ended(), IoStatus::Ok);
  EXPECT_FALSE(client.connected());
  run(1s);
  EXPECT_EQ(client.ended(), IoStatus::TimedOut);
  setRules({});
  run();
  EXPECT_TRUE(backend.connections().empty()) << "attempts that did not get through are not delivered later";
}

TEST_P(AsymmetricTest, ConnectionComesUpWithTheFirstAttemptAfterTheStall) {
  setRules(kStalled);
  RawBackend backend(server_.env(), at(80), listening_);
  RawClient client(client_.env(), at(80));
  run(5s);
  setRules({});
  run(1900ms);
  EXPECT_FALSE(client.connected());
  run(200ms);
  EXPECT_TRUE(client.connected()) << "the attempts come after 1, 3, 7 ... seconds";
  run();
  EXPECT_EQ(backend.connections().size(), 1U);
}

// Whether the bytes or only their acknowledgements are lost makes no difference to the sender.
TEST_P(AsymmetricTest, SenderGivesUpAfterAQuarterOfAnHour) {
  RawBackend backend(server_.env(), at(80), listening_);
  RawClient client(client_.env(), at(80));
  run();
  setRules(kStalled);
  client.send("question");
  run(Connection::kPatience - 1s);
  EXPECT_EQ(client.ended(), IoStatus::Ok);
  run(2s);
  EXPECT_EQ(client.ended(), IoStatus::TimedOut);
  EXPECT_EQ(backend.everything(), GetParam() ? "" : "question");
  EXPECT_EQ(client_host_.portsInUse(), 0U);
  EXPECT_EQ(backend.last().ended(), IoStatus::Ok) << "nobody told it";
  setRules({});
  run();
  EXPECT_EQ(backend.everything(), GetParam() ? "" : "question") << "what was given up is not sent any more";
  backend.last().send("answer");
  run();
  EXPECT_EQ(backend.last().ended(), IoStatus::Reset);
}

TEST_P(AsymmetricTest, StallThatEndsInTimeStartsThePatienceAnew) {
  RawBackend backend(server_.env(), at(80), listening_);
  RawClient client(client_.env(), at(80));
  for (int i = 1; i <= 3; ++i) {
    run();
    setRules(kStalled);
    client.send("x");
    run(Connection::kPatience - 1min);
    setRules({});
    run();
    EXPECT_EQ(backend.everything(), std::string(static_cast<std::size_t>(i), 'x'));
  }
  run(1h);
  EXPECT_EQ(client.ended(), IoStatus::Ok);
}

TEST_P(AsymmetricTest, WhoHasNothingToSayNoticesNothing) {
  RawBackend backend(server_.env(), at(80), listening_);
  RawClient client(client_.env(), at(80));
  client.send("before");
  run();
  setRules(kStalled);
  run(24h);
  setRules({});
  client.send(" and after");
  backend.last().send("answer");
  run();
  EXPECT_EQ(backend.everything(), "before and after");
  EXPECT_EQ(client.received(), "answer");
}

TEST_F(NetTest, WhatWasReceivedStaysReadableWhenTheSystemGivesUp) {
  RawBackend backend(server_.env(), at(80), listening_);
  RawClient client(client_.env(), at(80));
  run();
  client.setReading(false);
  backend.last().send("early answer");
  run();
  fabric_.setRules(client_host_, server_host_, kStalled);
  client.send("question");
  run(Connection::kPatience + 1s);
  client.setReading(true);
  run();
  EXPECT_EQ(client.received(), "early answer");
  EXPECT_EQ(client.ended(), IoStatus::TimedOut);
}

// The handshake's last packet is held up: the client is connected and the server is not, until it stops waiting.
TEST_F(NetTest, ServerWaitsAMinuteForTheEndOfTheHandshake) {
  for (const bool in_time : {true, false}) {
    fabric_.setRulesBothWays(client_host_, server_host_, {.latency = 10ms});
    RawBackend backend(server_.env(), at(80), listening_);
    RawClient client(client_.env(), at(80));
    run(15ms);
    fabric_.setRules(client_host_, server_host_, kStalled);
    run(in_time ? Connection::kAnswerPatience - 1s : Connection::kAnswerPatience + 1s);
    EXPECT_TRUE(client.connected());
    EXPECT_TRUE(backend.connections().empty());
    fabric_.setRules(client_host_, server_host_, {});
    client.send("x");
    run();
    EXPECT_EQ(backend.everything(), in_time ? "x" : "");
    EXPECT_EQ(client.ended(), in_time ? IoStatus::Ok : IoStatus::Reset);
  }
}

// Nobody repeats a reset: one that is lost leaves a connection that only the other side knows of.
TEST_F(NetTest, LostResetIsNoticedByWhoSendsNext) {
  RawBackend backend(server_.env(), at(80), listening_);
  RawClient client(client_.env(), at(80));
  run();
  fabric_.setRules(client_host_, server_host_, kStalled);
  client.send("never arrives");
  client.abort();
  run();
  EXPECT_EQ(fabric_.resetsLost(), 1U);
  fabric_.setRules(client_host_, server_host_, {});
  run(1h);
  EXPECT_EQ(backend.everything(), "");
  EXPECT_EQ(backend.last().ended(), IoStatus::Ok);
  backend.last().send("anybody there?");
  run();
  EXPECT_EQ(backend.last().ended(), IoStatus::Reset);
}

TEST_F(NetTest, ResetIsJudgedWhenItArrives) {
  fabric_.setRulesBothWays(client_host_, server_host_, {.latency = 10ms});
  RawBackend backend(server_.env(), at(80), listening_);
  RawClient client(client_.env(), at(80));
  run();
  fabric_.setRules(client_host_, server_host_, {.latency = 10ms, .stalled = true});
  client.abort();
  run(5ms);
  fabric_.setRules(client_host_, server_host_, {.latency = 10ms});
  run(20ms);
  EXPECT_EQ(backend.last().ended(), IoStatus::Reset);
}

// Whoever has closed has a system that cares less.
TEST_F(NetTest, BytesOfAClosedEndAreRepeatedForLessLong) {
  for (const bool in_time : {true, false}) {
    RawBackend backend(server_.env(), at(80), listening_);
    RawClient client(client_.env(), at(80));
    run();
    fabric_.setRules(client_host_, server_host_, kStalled);
    client.send("last words");
    client.close();
    run(in_time ? Connection::kPatienceWhenClosed - 1s : Connection::kPatienceWhenClosed + 1s);
    fabric_.setRules(client_host_, server_host_, {});
    run();
    EXPECT_EQ(backend.everything(), in_time ? "last words" : "");
    EXPECT_EQ(backend.last().ended(), in_time ? IoStatus::Eof : IoStatus::Ok);
  }
}

TEST_F(NetTest, LossIsDelayThatDoubles) {
  RawBackend backend(server_.env(), at(80), listening_);
  RawClient client(client_.env(), at(80));
  run();
  fabric_.setRules(client_host_, server_host_, {.loss = {1, 1}});
  client.send("one");
  run(100ms);
  client.send("two");
  run(400ms);  // sent at 0, 200 and 600 ms, and so on
  fabric_.setRules(client_host_, server_host_, {});
  run(99ms);
  EXPECT_EQ(backend.everything(), "");
  run(2ms);
  EXPECT_EQ(backend.everything(), "onetwo") << "and nothing overtakes it";
}

TEST_F(NetTest, LossIsAsLikelyAsItSays) {
  constexpr int kPackets = 2000;
  RawBackend backend(server_.env(), at(80), listening_);
  RawClient client(client_.env(), at(80));
  run();
  fabric_.setRules(client_host_, server_host_, {.loss = {10, 100}});
  int late = 0;
  for (int i = 1; i <= kPackets; ++i) {
    client.send("x");
    run(100ms);
    if (backend.everything().size() < static_cast<std::size_t>(i)) ++late;
    run(200s);
  }
  EXPECT_EQ(backend.everything().size(), static_cast<std::size_t>(kPackets));
  EXPECT_NEAR(late, kPackets / 10, 50);
}

TEST_F(NetTest, StreamWithLossStaysWholeAndInOrder) {
  fabric_.setRulesBothWays(client_host_, server_host_, {.segment_max = 10, .loss = {5, 100}});
  RawBackend backend(server_.env(), at(80), listening_);
  std::string text;
  for (int i = 0; i < 500; ++i) text += std::to_string(i) + ",";
  RawClient client(client_.env(), at(80));
  client.send(text);
  client.finish();
  run(3h);
  EXPECT_EQ(backend.everything(), text);
  EXPECT_EQ(backend.last().ended(), IoStatus::Eof);
}

TEST_F(NetTest, TotalLossEndsAsAStallDoes) {
  RawBackend backend(server_.env(), at(80), listening_);
  RawClient client(client_.env(), at(80));
  run();
  fabric_.setRules(client_host_, server_host_, {.loss = {1, 1}});
  RawClient late(client_.env(), at(80));
  client.send("x");
  run(kConnectPatience + 1s);
  EXPECT_EQ(late.ended(), IoStatus::TimedOut);
  run(Connection::kPatience - kConnectPatience - 3s);
  EXPECT_EQ(client.ended(), IoStatus::Ok);
  run(3s);
  EXPECT_EQ(client.ended(), IoStatus::TimedOut);
}

TEST_F(NetTest, SlowPairStaysSlowWhateverTheRules) {
  fabric_.setSlowness(client_host_, server_host_, 300ms);
  fabric_.setRulesBothWays(client_host_, server_host_, {});
  RawBackend backend(server_.env(), at(80), listening_);
  RawClient client(client_.env(), at(80));
  run(299ms);
  EXPECT_FALSE(client.connected());
  run(2ms);
  EXPECT_TRUE(client.connected());
  client.send("x");
  fabric_.setRulesBothWays(client_host_, server_host_, kStalled);
  fabric_.setRulesBothWays(client_host_, server_host_, {});
  run(299ms);
  EXPECT_EQ(backend.everything(), "");
  run(302ms);
  EXPECT_EQ(backend.everything(), "x");
}

}  // namespace
}  // namespace sim
