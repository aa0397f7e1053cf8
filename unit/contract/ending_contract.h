// How connections end: finished, reset, and what can still be read.
#pragma once

#include "unit/contract/contract_fixture.h"

namespace lb::contract {

template <class Harness>
class EndingContract : public ContractTest<Harness> {
 protected:
  // Writes a byte at a time until the other side's answer to one of them arrives as a status.
  IoStatus writeUntilItFails(End& end) {
    IoStatus status = IoStatus::Ok;
    end.on_ready = [&](Interest) {
      status = writeText(end.stream(), "x").status;
      if (status == IoStatus::WouldBlock) status = IoStatus::Ok;
      if (status != IoStatus::Ok) end.stream().want(Interest::None);
    };
    end.stream().want(Interest::Write);
    EXPECT_TRUE(this->env_.runUntil([&] { return status != IoStatus::Ok; }));
    end.on_ready = nullptr;
    return status;
  }
};
TYPED_TEST_SUITE_P(EndingContract);

TYPED_TEST_P(EndingContract, HalfCloseKeepsTheOtherDirection) {
  auto [client, server] = this->connect();
  server->stream().want(Interest::Read);
  client->stream().want(Interest::Read);
  ASSERT_EQ(writeText(client->stream(), "question").bytes, 8U);
  ASSERT_EQ(client->stream().finish(), IoStatus::Ok);
  ASSERT_TRUE(this->env_.runUntil([&] { return server->ended == IoStatus::Eof; }));
  EXPECT_EQ(server->received, "question");
  ASSERT_EQ(writeText(server->stream(), "answer").bytes, 6U);
  ASSERT_TRUE(this->env_.runUntil([&] { return client->received == "answer"; }));
  EXPECT_EQ(client->ended, IoStatus::Ok);
  server->close();
  EXPECT_TRUE(this->env_.runUntil([&] { return client->ended == IoStatus::Eof; }));
}

// Whether data and its end come in one event or in two must not matter, nor how large the reads are.
TYPED_TEST_P(EndingContract, EndRightAfterDataIsSeen) {
  for (const bool listening_already : {false, true}) {
    auto [client, server] = this->connect();
    if (listening_already) server->stream().want(Interest::Read);
    ASSERT_EQ(writeText(client->stream(), "last words").bytes, 10U);
    ASSERT_EQ(client->stream().finish(), IoStatus::Ok);
    if (!listening_already) this->idle();
    server->stream().want(Interest::Read);
    ASSERT_TRUE(this->env_.runUntil([&] { return server->ended == IoStatus::Eof; }));
    EXPECT_EQ(server->received, "last words");
  }
}

// One read in each event, larger than the data: the short read must not hide what follows.
TYPED_TEST_P(EndingContract, EndAfterOneShortReadIsSeen) {
  auto [client, server] = this->connect();
  ASSERT_EQ(writeText(client->stream(), "last words").bytes, 10U);
  client->close();
  this->idle();
  server->on_ready = [&](Interest) {
    const auto [result, text] = readText(server->stream(), 1000);
    server->received += text;
    if (result.status != IoStatus::Ok && result.status != IoStatus::WouldBlock) {
      server->ended = result.status;
      server->stream().want(Interest::None);
    }
  };
  server->stream().want(Interest::Read);
  ASSERT_TRUE(this->env_.runUntil([&] { return server->ended != IoStatus::Ok; }));
  EXPECT_EQ(server->ended, IoStatus::Eof);
  EXPECT_EQ(server->received, "last words");
}

TYPED_TEST_P(EndingContract, ResetAfterOneShortReadIsSeen) {
  auto [client, server] = this->connect();
  ASSERT_EQ(writeText(client->stream(), "last words").bytes, 10U);
  client->stream().abort();
  this->idle();
  server->on_ready = [&](Interest) {
    const auto [result, text] = readText(server->stream(), 1000);
    if (result.status != IoStatus::Ok && result.status != IoStatus::WouldBlock) {
      server->ended = result.status;
      server->stream().want(Interest::None);
    }
  };
  server->stream().want(Interest::Read);
  ASSERT_TRUE(this->env_.runUntil([&] { return server->ended != IoStatus::Ok; }));
  EXPECT_EQ(server->ended, IoStatus::Reset);
}

TYPED_TEST_P(EndingContract, EndIsRepeatedAsLongAsItIsAskedFor) {
  auto [client, server] = this->connect();
  client->close();
  server->stream().want(Interest::Read);
  ASSERT_TRUE(this->env_.runUntil([&] { return server->ended == IoStatus::Eof; }));
  EXPECT_EQ(readText(server->stream(), 10).first.status, IoStatus::Eof);
  EXPECT_EQ(readText(server->stream(), 10).first.status, IoStatus::Eof);
}

TYPED_TEST_P(EndingContract, ClosingWithUnreadDataResets) {
  auto [client, server] = this->connect();
  ASSERT_EQ(writeText(client->stream(), "never read").bytes, 10U);
  this->idle();
  client->stream().want(Interest::Read);
  server->close();
  ASSERT_TRUE(this->env_.runUntil([&] { return client->ended != IoStatus::Ok; }));
  EXPECT_EQ(client->ended, IoStatus::Reset);
}

TYPED_TEST_P(EndingContract, WritingToSomebodyWhoClosedResetsInTheEnd) {
  auto [client, server] = this->connect();
  server->close();
  EXPECT_EQ(this->writeUntilItFails(*client), IoStatus::Reset);
  EXPECT_EQ(writeText(client->stream(), "x").status, IoStatus::Reset) << "and stays so";
}

TYPED_TEST_P(EndingContract, AbortResetsTheOtherSide) {
  auto [client, server] = this->connect();
  server->stream().want(Interest::Read);
  client->stream().want(Interest::Both);
  client->stream().abort();
  ASSERT_TRUE(this->env_.runUntil([&] { return server->ended != IoStatus::Ok; }));
  EXPECT_EQ(server->ended, IoStatus::Reset);
  EXPECT_EQ(readText(server->stream(), 10).first.status, IoStatus::Reset) << "and stays so";
  EXPECT_EQ(writeText(server->stream(), "x").status, IoStatus::Reset);
  EXPECT_EQ(client->events, 0) << "an aborted stream is silent";
}

TYPED_TEST_P(EndingContract, AbortDropsWhatWasWritten) {
  auto [client, server] = this->connect();
  const std::string written = this->fill(*client);
  client->stream().abort();
  server->stream().want(Interest::Read);
  ASSERT_TRUE(this->env_.runUntil([&] { return server->ended != IoStatus::Ok; }));
  EXPECT_EQ(server->ended, IoStatus::Reset);
  EXPECT_LT(server->received.size(), written.size());
}

// A server may answer before it has read the request, and close: the answer counts although writing fails.
TYPED_TEST_P(EndingContract, WhatWasReceivedBeforeAResetOfTheWritingSideCanBeRead) {
  auto [client, server] = this->connect();
  ASSERT_EQ(writeText(server->stream(), "early answer").bytes, 12U);
  server->close();
  EXPECT_EQ(this->writeUntilItFails(*client), IoStatus::Reset);
  client->stream().want(Interest::Read);
  ASSERT_TRUE(this->env_.runUntil([&] { return client->ended != IoStatus::Ok; }));
  EXPECT_EQ(client->received, "early answer");
  EXPECT_EQ(client->ended, IoStatus::Eof) << "it had ended properly before";
}

// A reset that a write came to know of must not look like a proper end to the reader.
TYPED_TEST_P(EndingContract, CutMessageNeverLooksComplete) {
  auto [client, server] = this->connect();
  ASSERT_EQ(writeText(server->stream(), "half a mess").bytes, 11U);
  server->stream().abort();
  EXPECT_EQ(this->writeUntilItFails(*client), IoStatus::Reset);
  client->stream().want(Interest::Read);
  ASSERT_TRUE(this->env_.runUntil([&] { return client->ended != IoStatus::Ok; }));
  EXPECT_EQ(client->ended, IoStatus::Reset);
}

TYPED_TEST_P(EndingContract, ResetWakesAWriterThatWaits) {
  auto [client, server] = this->connect();
  static_cast<void>(this->fill(*client));
  client->on_ready = [&](Interest) {
    client->ended = writeText(client->stream(), "x").status;
    client->stream().want(Interest::None);
  };
  client->stream().want(Interest::Write);
  this->idle();
  ASSERT_EQ(client->events, 0);
  server->stream().abort();
  ASSERT_TRUE(this->env_.runUntil([&] { return client->events > 0; }));
  EXPECT_EQ(client->ended, IoStatus::Reset);
}

// Who does not read is told of a reset all the same, and can read what came before it: data, or a proper end.
TYPED_TEST_P(EndingContract, ResetIsToldToWhoDoesNotRead) {
  for (const bool listening_already : {false, true}) {
    for (const bool ended : {false, true}) {
      auto [client, server] = this->connect();
      bool told = false;
      server->on_ready = [&](Interest ready) {
        told = ready == Interest::Reset;
        server->stream().want(Interest::None);
      };
      if (listening_already) server->stream().want(Interest::Reset);
      ASSERT_EQ(writeText(client->stream(), "never read").bytes, 10U);
      if (ended) {
        ASSERT_EQ(client->stream().finish(), IoStatus::Ok);
      }
      this->idle();
      EXPECT_EQ(server->events, 0) << "neither data nor an end is a reset";
      client->stream().abort();
      if (!listening_already) {
        this->idle();
        server->stream().want(Interest::Reset);
      }
      ASSERT_TRUE(this->env_.runUntil([&] { return server->events > 0; }));
      EXPECT_TRUE(told);
      server->on_ready = nullptr;
      server->stream().want(Interest::Read);
      ASSERT_TRUE(this->env_.runUntil([&] { return server->ended != IoStatus::Ok; }));
      EXPECT_EQ(server->received, "never read");
      EXPECT_EQ(server->ended, ended ? IoStatus::Eof : IoStatus::Reset);
    }
  }
}

TYPED_TEST_P(EndingContract, ResetIsToldAgainAsLongAsItIsWanted) {
  auto [client, server] = this->connect();
  server->on_ready = [](Interest) {};
  server->stream().want(Interest::Reset);
  client->stream().abort();
  EXPECT_TRUE(this->env_.runUntil([&] { return server->events > 2; }));
}

REGISTER_TYPED_TEST_SUITE_P(EndingContract, HalfCloseKeepsTheOtherDirection, EndRightAfterDataIsSeen,
                            EndAfterOneShortReadIsSeen, ResetAfterOneShortReadIsSeen, EndIsRepeatedAsLongAsItIsAskedFor,
                            ClosingWithUnreadDataResets, WritingToSomebodyWhoClosedResetsInTheEnd,
                            AbortResetsTheOtherSide, AbortDropsWhatWasWritten,
                            WhatWasReceivedBeforeAResetOfTheWritingSideCanBeRead, CutMessageNeverLooksComplete,
                            ResetWakesAWriterThatWaits, ResetIsToldToWhoDoesNotRead,
                            ResetIsToldAgainAsLongAsItIsWanted);

}  // namespace lb::contract
