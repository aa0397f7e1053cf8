// Bytes, readiness and flow control on a connection. How connections end is in ending_contract.h.
#pragma once

#include "unit/contract/contract_fixture.h"

namespace lb::contract {

template <class Harness>
class StreamContract : public ContractTest<Harness> {};
TYPED_TEST_SUITE_P(StreamContract);

TYPED_TEST_P(StreamContract, EchoesBothWays) {
  auto [client, server] = this->connect();
  client->stream().want(Interest::Read);
  server->on_ready = [&](Interest) {
    const auto [result, text] = readText(server->stream(), 100);
    if (result.status == IoStatus::Ok) server->received += std::to_string(writeText(server->stream(), text).bytes);
  };
  server->stream().want(Interest::Read);
  for (const std::string text : {"one", "two", "three"}) {
    client->received.clear();
    ASSERT_EQ(writeText(client->stream(), text).bytes, text.size());
    ASSERT_TRUE(this->env_.runUntil([&] { return client->received == text; }));
  }
  EXPECT_EQ(server->received, "335") << "small writes are taken whole";
}

TYPED_TEST_P(StreamContract, SpacesAndPiecesAreUsedInOrder) {
  auto [client, server] = this->connect();
  const std::array<Bytes, 4> pieces{bytesOf("ab"), bytesOf(""), bytesOf("cde"), bytesOf("f")};
  ASSERT_EQ(client->stream().write(pieces).bytes, 6U);
  std::string a(1, '-');
  std::string b(4, '-');
  std::string c(3, '-');
  IoResult result;
  server->on_ready = [&](Interest) {
    const std::array<Space, 4> spaces{std::as_writable_bytes(std::span(a)), Space{},
                                      std::as_writable_bytes(std::span(b)), std::as_writable_bytes(std::span(c))};
    result = server->stream().read(spaces);
    server->stream().want(Interest::None);
  };
  server->stream().want(Interest::Read);
  ASSERT_TRUE(this->env_.runUntil([&] { return result.bytes > 0; }));
  EXPECT_EQ(result.bytes, 6U);
  EXPECT_EQ(a + b + c, "abcdef--");
}

TYPED_TEST_P(StreamContract, ManyPiecesArriveWhole) {
  auto [client, server] = this->connect();
  std::vector<std::string> texts;
  std::string whole;
  for (int i = 0; i < 500; ++i) texts.push_back("piece " + std::to_string(i) + ";");
  std::vector<Bytes> pieces;
  for (const std::string& text : texts) {
    pieces.push_back(bytesOf(text));
    whole += text;
  }
  std::size_t sent = 0;
  client->on_ready = [&](Interest) {  // the stream may take any number of them, from the front
    std::vector<Bytes> rest;
    std::size_t skip = sent;
    for (const Bytes piece : pieces) {
      const std::size_t cut = std::min(skip, piece.size());
      skip -= cut;
      if (cut < piece.size()) rest.push_back(piece.subspan(cut));
    }
    sent += client->stream().write(rest).bytes;
    if (sent == whole.size()) client->stream().want(Interest::None);
  };
  client->stream().want(Interest::Write);
  server->stream().want(Interest::Read);
  ASSERT_TRUE(this->env_.runUntil([&] { return server->received.size() >= whole.size(); }));
  EXPECT_EQ(server->received, whole);
}

TYPED_TEST_P(StreamContract, ReadingWithoutDataWouldBlock) {
  auto [client, server] = this->connect();
  EXPECT_EQ(readText(server->stream(), 10).first.status, IoStatus::WouldBlock);
}

TYPED_TEST_P(StreamContract, NothingComesUnlessItIsWanted) {
  auto [client, server] = this->connect();
  ASSERT_EQ(writeText(client->stream(), "data").bytes, 4U);
  this->idle();
  EXPECT_EQ(server->events, 0);
  server->stream().want(Interest::Read);
  server->stream().want(Interest::None);  // changed its mind before the event
  this->idle();
  EXPECT_EQ(server->events, 0);
  server->stream().want(Interest::Read);
  EXPECT_TRUE(this->env_.runUntil([&] { return server->received == "data"; }));
}

TYPED_TEST_P(StreamContract, WantedReadDoesNotReportWrite) {
  auto [client, server] = this->connect();
  Interest seen = Interest::None;
  server->on_ready = [&](Interest ready) {
    seen = seen | ready;
    server->readAvailable();
  };
  server->stream().want(Interest::Read);
  ASSERT_EQ(writeText(client->stream(), "x").bytes, 1U);
  this->idle();
  EXPECT_EQ(seen, Interest::Read);
}

TYPED_TEST_P(StreamContract, NeverCalledFromInsideWantReadOrWrite) {
  auto [client, server] = this->connect();
  ASSERT_EQ(writeText(client->stream(), "data").bytes, 4U);
  this->idle();
  bool inside_call = false;
  server->on_ready = [&](Interest) {
    EXPECT_FALSE(inside_call);
    inside_call = true;
    EXPECT_EQ(readText(server->stream(), 1).first.bytes, 1U);
    server->stream().want(Interest::Both);
    EXPECT_EQ(writeText(server->stream(), "x").bytes, 1U);
    inside_call = false;
    if (server->events == 4) server->stream().want(Interest::None);
  };
  inside_call = true;
  server->stream().want(Interest::Both);
  inside_call = false;
  EXPECT_EQ(server->events, 0);
  EXPECT_TRUE(this->env_.runUntil([&] { return server->events == 4; }));
}

TYPED_TEST_P(StreamContract, DataLeftUnreadAnnouncesItselfAgain) {
  auto [client, server] = this->connect();
  ASSERT_EQ(writeText(client->stream(), "12345").bytes, 5U);
  std::string received;
  server->on_ready = [&](Interest) { received += readText(server->stream(), 1).second; };
  server->stream().want(Interest::Read);
  ASSERT_TRUE(this->env_.runUntil([&] { return received == "12345"; }));
}

TYPED_TEST_P(StreamContract, DataLeftUnreadAnnouncesItselfWhenWantedAgain) {
  auto [client, server] = this->connect();
  ASSERT_EQ(writeText(client->stream(), "12345").bytes, 5U);
  server->on_ready = [&](Interest) {
    server->received += readText(server->stream(), 2).second;
    server->stream().want(Interest::None);
  };
  server->stream().want(Interest::Read);
  ASSERT_TRUE(this->env_.runUntil([&] { return server->events == 1; }));
  this->idle();
  EXPECT_EQ(server->received, "12");
  server->on_ready = nullptr;
  server->stream().want(Interest::Read);
  EXPECT_TRUE(this->env_.runUntil([&] { return server->received == "12345"; }));
}

TYPED_TEST_P(StreamContract, UnansweredReadinessIsRepeated) {
  auto [client, server] = this->connect();
  ASSERT_EQ(writeText(client->stream(), "x").bytes, 1U);
  server->on_ready = [&](Interest) {
    if (server->events == 3) server->stream().want(Interest::None);
  };
  server->stream().want(Interest::Read);
  EXPECT_TRUE(this->env_.runUntil([&] { return server->events == 3; }));
}

TYPED_TEST_P(StreamContract, OneBusyStreamStarvesNobody) {
  auto [client, server] = this->connect();
  client->on_ready = [](Interest) {};  // writable all the time, and never satisfied
  client->stream().want(Interest::Write);
  bool fired = false;
  const auto timer = this->loop().makeTimer([&] { fired = true; });
  timer->arm(std::chrono::milliseconds(2));
  bool posted = false;
  this->loop().post([&] { posted = true; });
  EXPECT_TRUE(this->env_.runUntil([&] { return fired && posted; }));
  client->stream().want(Interest::None);
}

TYPED_TEST_P(StreamContract, WritingToSomebodyWhoDoesNotReadBlocksUntilHeDoes) {
  auto [client, server] = this->connect();
  const std::string written = this->fill(*client);
  EXPECT_GT(written.size(), 0U);
  EXPECT_EQ(writeText(client->stream(), "more").status, IoStatus::WouldBlock);
  bool writable = false;
  client->on_ready = [&](Interest ready) {
    EXPECT_EQ(ready, Interest::Write);
    writable = true;
    client->stream().want(Interest::None);
  };
  client->stream().want(Interest::Write);
  this->idle();
  EXPECT_FALSE(writable) << "nothing was drained yet";
  server->stream().want(Interest::Read);
  ASSERT_TRUE(this->env_.runUntil([&] { return writable; }));
  ASSERT_EQ(writeText(client->stream(), "end").bytes, 3U);
  EXPECT_TRUE(this->env_.runUntil([&] { return server->received == written + "end"; }));
}

TYPED_TEST_P(StreamContract, RetiredInsideItsOwnEventItClosesAndStaysSilent) {
  auto [client, server] = this->connect();
  server->on_ready = [&](Interest) {
    EXPECT_EQ(readText(server->stream(), 10).second, "bye");
    this->loop().retire(server->release());
  };
  server->stream().want(Interest::Read);
  client->stream().want(Interest::Read);
  ASSERT_EQ(writeText(client->stream(), "bye").bytes, 3U);
  ASSERT_TRUE(this->env_.runUntil([&] { return client->ended == IoStatus::Eof; }));
  EXPECT_EQ(server->events, 1);
}

TYPED_TEST_P(StreamContract, DestroyedInTheEventOfAnotherItStaysSilent) {
  auto first = this->connect();
  auto second = this->connect();
  int events = 0;
  const auto destroyOther = [&](End& other) {
    return [&](Interest) {
      ++events;
      if (events == 1) other.close();
    };
  };
  first.server->on_ready = destroyOther(*second.server);
  second.server->on_ready = destroyOther(*first.server);
  bool written = false;
  this->loop().post([&] {  // both become ready for the same turn
    EXPECT_EQ(writeText(first.client->stream(), "x").bytes, 1U);
    EXPECT_EQ(writeText(second.client->stream(), "x").bytes, 1U);
    first.server->stream().want(Interest::Both);
    second.server->stream().want(Interest::Both);
    written = true;
  });
  ASSERT_TRUE(this->env_.runUntil([&] { return written && events > 0; }));
  this->idle(std::chrono::milliseconds(5));
  EXPECT_TRUE((first.server->events == 0) != (second.server->events == 0));
}

REGISTER_TYPED_TEST_SUITE_P(StreamContract, EchoesBothWays, SpacesAndPiecesAreUsedInOrder, ManyPiecesArriveWhole,
                            ReadingWithoutDataWouldBlock, NothingComesUnlessItIsWanted, WantedReadDoesNotReportWrite,
                            NeverCalledFromInsideWantReadOrWrite, DataLeftUnreadAnnouncesItselfAgain,
                            DataLeftUnreadAnnouncesItselfWhenWantedAgain, UnansweredReadinessIsRepeated,
                            OneBusyStreamStarvesNobody, WritingToSomebodyWhoDoesNotReadBlocksUntilHeDoes,
                            RetiredInsideItsOwnEventItClosesAndStaysSilent, DestroyedInTheEventOfAnotherItStaysSilent);

}  // namespace lb::contract
