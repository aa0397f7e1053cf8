// Listening, accepting and connecting.
#pragma once

#include "unit/contract/contract_fixture.h"

namespace lb::contract {

template <class Harness>
class ListenContract : public ContractTest<Harness> {};
TYPED_TEST_SUITE_P(ListenContract);

TYPED_TEST_P(ListenContract, PortZeroPicksFreePorts) {
  Door door;
  const auto a = this->listen(door);
  const auto b = this->listen(door);
  EXPECT_NE(a->local().port, 0);
  EXPECT_NE(a->local().port, b->local().port);
  EXPECT_EQ(a->local().ip, this->env_.loopback());
}

TYPED_TEST_P(ListenContract, BothEndsKnowTheAddresses) {
  Door door;
  const auto listener = this->listen(door);
  End client(this->network().connect(listener->local()));
  bool connected = false;
  client.on_ready = [&](Interest ready) {
    EXPECT_EQ(ready, Interest::Write);
    connected = true;
    client.stream().want(Interest::None);
  };
  client.stream().want(Interest::Both);
  ASSERT_TRUE(this->env_.runUntil([&] { return connected && door.accepted.size() == 1; }));
  const Stream& near = client.stream();
  const Stream& far = door.accepted[0]->stream();
  EXPECT_EQ(near.remote(), listener->local());
  EXPECT_EQ(far.local(), listener->local());
  EXPECT_EQ(near.local(), far.remote());
  EXPECT_NE(near.local().port, 0);
}

TYPED_TEST_P(ListenContract, WriteWouldBlockWhileConnecting) {
  Door door;
  const auto listener = this->listen(door);
  End client(this->network().connect(listener->local()));
  const IoResult early = writeText(client.stream(), "early");
  EXPECT_THAT(early.status, testing::AnyOf(IoStatus::WouldBlock, IoStatus::Ok));
  EXPECT_EQ(readText(client.stream(), 10).first.status, IoStatus::WouldBlock);
}

TYPED_TEST_P(ListenContract, RefusedConnectionSaysSoInWhateverIsTried) {
  Door door;
  auto listener = this->listen(door);
  const Address nobody = listener->local();
  listener.reset();
  for (const Interest interest : {Interest::Read, Interest::Write, Interest::Both}) {
    End client(this->network().connect(nobody));
    client.on_ready = [&](Interest ready) {
      EXPECT_EQ(ready, interest) << "ready for everything that is wanted, and for nothing else";
      client.stream().want(Interest::None);
    };
    client.stream().want(interest);
    ASSERT_TRUE(this->env_.runUntil([&] { return client.events > 0; }));
    EXPECT_EQ(writeText(client.stream(), "x").status, IoStatus::Refused);
    EXPECT_EQ(readText(client.stream(), 10).first.status, IoStatus::Refused);
  }
}

TYPED_TEST_P(ListenContract, DestroyedWhileConnectingStaysSilent) {
  Door door;
  const auto listener = this->listen(door);
  End client(this->network().connect(listener->local()));
  client.stream().want(Interest::Both);
  client.close();
  this->idle();
  EXPECT_EQ(client.events, 0);
}

// A black hole: neither an acceptance nor a refusal comes, and giving up is the caller's business.
TYPED_TEST_P(ListenContract, ConnectionThatNobodyAnswersIsReadyForNothing) {
  End client(this->network().connect(this->env_.blackHole()));
  client.stream().want(Interest::Both);
  this->idle();
  EXPECT_EQ(client.events, 0);
  EXPECT_EQ(readText(client.stream(), 10).first.status, IoStatus::WouldBlock);
  EXPECT_THAT(writeText(client.stream(), "early").status, testing::AnyOf(IoStatus::WouldBlock, IoStatus::Ok));
  client.close();
  this->idle();
  EXPECT_EQ(client.events, 0);
}

TYPED_TEST_P(ListenContract, PausedListenerLeavesConnectionsQueued) {
  Door door;
  const auto listener = this->listen(door);
  listener->pause(true);
  End client(this->network().connect(listener->local()));
  bool connected = false;
  client.on_ready = [&](Interest) {
    connected = true;
    EXPECT_EQ(writeText(client.stream(), "hello").status, IoStatus::Ok);
    client.stream().want(Interest::None);
  };
  client.stream().want(Interest::Write);
  ASSERT_TRUE(this->env_.runUntil([&] { return connected; })) << "the system's queue answers for the listener";
  this->idle();
  EXPECT_TRUE(door.accepted.empty());
  listener->pause(false);
  ASSERT_TRUE(this->env_.runUntil([&] { return door.accepted.size() == 1; }));
  door.accepted[0]->stream().want(Interest::Read);
  EXPECT_TRUE(this->env_.runUntil([&] { return door.accepted[0]->received == "hello"; }));
}

// The system takes bytes, their end and a reset for a connection that nobody has accepted yet.
TYPED_TEST_P(ListenContract, WhatHappensBeforeAcceptIsSeenAfterIt) {
  for (const bool reset : {false, true}) {
    Door door;
    const auto listener = this->listen(door);
    listener->pause(true);
    End client(this->network().connect(listener->local()));
    bool written = false;
    client.on_ready = [&](Interest) {
      written = writeText(client.stream(), "last words").bytes == 10;
      client.stream().want(Interest::None);
    };
    client.stream().want(Interest::Write);
    ASSERT_TRUE(this->env_.runUntil([&] { return written; }));
    this->idle();
    if (reset) {
      client.stream().abort();
    } else {
      client.close();
    }
    this->idle();
    listener->pause(false);
    ASSERT_TRUE(this->env_.runUntil([&] { return door.accepted.size() == 1; }));
    End& server = *door.accepted[0];
    server.stream().want(Interest::Read);
    ASSERT_TRUE(this->env_.runUntil([&] { return server.ended != IoStatus::Ok; }));
    EXPECT_EQ(server.ended, reset ? IoStatus::Reset : IoStatus::Eof);
    if (!reset) {
      EXPECT_EQ(server.received, "last words");
    }
  }
}

TYPED_TEST_P(ListenContract, PauseInOnAcceptTakesEffectAtOnce) {
  struct Once final : AcceptEvents {
    void onAccept(std::unique_ptr<Stream> stream) override {
      kept.push_back(std::move(stream));
      if (listener != nullptr) listener->pause(true);
    }
    void onAcceptFailed(IoStatus) override {}
    Listener* listener = nullptr;
    std::vector<std::unique_ptr<Stream>> kept;
  } door;
  auto listener = std::move(*this->network().listen({this->env_.loopback(), 0}, door));
  door.listener = listener.get();
  std::vector<std::unique_ptr<Stream>> clients;
  for (int i = 0; i < 3; ++i) clients.push_back(this->network().connect(listener->local()));
  this->idle();
  EXPECT_EQ(door.kept.size(), 1U);
  listener->pause(false);
  this->idle();
  EXPECT_EQ(door.kept.size(), 2U);
  door.listener = nullptr;  // being destroyed it offers the third
  listener.reset();
  EXPECT_EQ(door.kept.size(), 3U);
}

TYPED_TEST_P(ListenContract, DestroyedListenerOffersQueuedConnectionsFirst) {
  for (const bool paused : {false, true}) {
    Door door;
    auto listener = this->listen(door);
    listener->pause(paused);
    std::vector<std::unique_ptr<End>> clients;
    int connected = 0;
    for (int i = 0; i < 5; ++i) {
      clients.push_back(std::make_unique<End>(this->network().connect(listener->local())));
      clients.back()->on_ready = [&, client = clients.back().get()](Interest) {
        ++connected;
        if (connected == 5) listener.reset();
        client->stream().want(Interest::None);
      };
      clients.back()->stream().want(Interest::Write);
    }
    ASSERT_TRUE(this->env_.runUntil([&] { return listener == nullptr; }));
    ASSERT_EQ(door.accepted.size(), 5U);
    EXPECT_EQ(writeText(door.accepted[4]->stream(), "served").status, IoStatus::Ok);
    std::size_t served = 0;
    for (auto& client : clients) {
      client->on_ready = nullptr;
      client->stream().want(Interest::Read);
    }
    ASSERT_TRUE(this->env_.runUntil([&] {
      served = 0;
      for (auto& client : clients) served += client->received == "served" ? 1U : 0U;
      return served > 0;
    }));
    EXPECT_EQ(served, 1U);
  }
}

TYPED_TEST_P(ListenContract, ManyConnectionsAtOnceAreAllAccepted) {
  constexpr std::size_t kConnections = 300;
  Door door;
  const auto listener = this->listen(door);
  std::vector<std::unique_ptr<Stream>> clients;
  for (std::size_t i = 0; i < kConnections; ++i) clients.push_back(this->network().connect(listener->local()));
  EXPECT_TRUE(this->env_.runUntil([&] { return door.accepted.size() == kConnections; }));
}

TYPED_TEST_P(ListenContract, TwoListenersShareAnAddress) {
  Door first;
  Door second;
  const auto a = this->listen(first);
  const auto b = this->network().listen(a->local(), second);
  ASSERT_TRUE(b.has_value());
  std::vector<std::unique_ptr<Stream>> clients;
  for (int i = 0; i < 100; ++i) clients.push_back(this->network().connect(a->local()));
  ASSERT_TRUE(this->env_.runUntil([&] { return first.accepted.size() + second.accepted.size() == 100; }));
  EXPECT_GT(first.accepted.size(), 0U);
  EXPECT_GT(second.accepted.size(), 0U);
}

// A listener on every address gets what no listener on the very address is there for.
TYPED_TEST_P(ListenContract, AListenerOnTheAddressComesFirst) {
  Door own;
  Door every;
  auto listener = this->listen(own);
  const Address to = listener->local();
  const auto on_every = this->network().listen({{}, to.port}, every);
  ASSERT_TRUE(on_every.has_value());
  std::vector<std::unique_ptr<Stream>> clients;
  for (int i = 0; i < 20; ++i) clients.push_back(this->network().connect(to));
  ASSERT_TRUE(this->env_.runUntil([&] { return own.accepted.size() + every.accepted.size() == 20; }));
  EXPECT_EQ(every.accepted.size(), 0U);
  listener.reset();
  clients.push_back(this->network().connect(to));
  EXPECT_TRUE(this->env_.runUntil([&] { return every.accepted.size() == 1; }));
}

REGISTER_TYPED_TEST_SUITE_P(ListenContract, PortZeroPicksFreePorts, BothEndsKnowTheAddresses,
                            WriteWouldBlockWhileConnecting, RefusedConnectionSaysSoInWhateverIsTried,
                            DestroyedWhileConnectingStaysSilent, ConnectionThatNobodyAnswersIsReadyForNothing,
                            PausedListenerLeavesConnectionsQueued, WhatHappensBeforeAcceptIsSeenAfterIt,
                            PauseInOnAcceptTakesEffectAtOnce, DestroyedListenerOffersQueuedConnectionsFirst,
                            ManyConnectionsAtOnceAreAllAccepted, TwoListenersShareAnAddress,
                            AListenerOnTheAddressComesFirst);

}  // namespace lb::contract
