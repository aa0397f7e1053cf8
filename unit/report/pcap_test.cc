// The packets of a capture file: their checksums hold. That Wireshark reads them is shown by the integration tests.
#include "sim/report/pcap.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

#include "sim/report/ip_packet.h"
#include "unit/report/story.h"

namespace sim::report {
namespace {

// The sum of what is covered and of its checksum has only ones (RFC 1071), here in the naive way.
std::uint16_t sumOf(const std::string& bytes) {
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i < bytes.size(); i += 2) {
    const auto high = static_cast<unsigned char>(bytes[i]);
    const auto low = i + 1 < bytes.size() ? static_cast<unsigned char>(bytes[i + 1]) : 0U;
    sum += high * 256U + low;
    if (sum > 0xffff) sum -= 0xffff;
  }
  return static_cast<std::uint16_t>(sum);
}

TEST(IpPacket, ChecksumsHoldInBothFamilies) {
  for (const bool v4 : {true, false}) {
    for (const std::string& payload : {std::string(), std::string("odd"), std::string(5000, '\xee')}) {
      const auto from = lb::IpAddress::parse(v4 ? "10.0.0.1" : "2001:db8::1");
      const auto to = lb::IpAddress::parse(v4 ? "10.0.0.2" : "2001:db8::2");
      const std::string packet = ipPacket({.from = {*from, 4000},
                                           .to = {*to, 80},
                                           .seq = 0xfffffff0,
                                           .ack = 7,
                                           .flags = TcpFlags::kAck | TcpFlags::kPsh,
                                           .window = 500,
                                           .payload = payload});
      const std::size_t header = v4 ? 20 : 40;
      ASSERT_EQ(packet.size(), header + 20 + payload.size());
      if (v4) {
        EXPECT_EQ(sumOf(packet.substr(0, header)), 0xffff);
      }
      const std::size_t addresses = v4 ? 8 : 32;
      const std::size_t length = packet.size() - header;
      std::string covered = packet.substr(header - addresses, addresses);
      covered += std::string{'\0', '\x06', static_cast<char>(length >> 8), static_cast<char>(length & 0xff)};
      covered += packet.substr(header);
      EXPECT_EQ(sumOf(covered), 0xffff) << (v4 ? "v4 " : "v6 ") << payload.size();
    }
  }
}

TEST(Pcap, APacketIsAsLongAsItsHeaderSays) {
  Story story;
  story.tell();
  std::ostringstream out;
  writePcap(story.trace(), out);
  const std::string file = out.str();
  const auto word = [&](std::size_t at) {
    std::uint32_t value = 0;
    for (std::size_t i = 4; i > 0; --i) value = value << 8 | static_cast<unsigned char>(file.at(at + i - 1));
    return value;
  };
  EXPECT_EQ(word(0), 0xa1b23c4dU);
  std::size_t packets = 0;
  std::uint64_t last = 0;
  std::size_t at = 24;
  for (; at < file.size(); at += 16 + word(at + 8)) {
    const std::uint64_t time = word(at) * 1'000'000'000ULL + word(at + 4);
    EXPECT_GE(time, last);
    last = time;
    EXPECT_EQ(word(at + 8), word(at + 12));
    EXPECT_EQ(static_cast<unsigned char>(file.at(at + 18)) * 256U + static_cast<unsigned char>(file.at(at + 19)),
              word(at + 8));
    ++packets;
  }
  EXPECT_EQ(at, file.size());
  EXPECT_GT(packets, 50U);
}

// What arrives nowhere is not in a capture of the other side.
TEST(Pcap, HoldsWhatTheProxySendsWhenItLeavesAndWhatItGetsWhenItArrives) {
  Story story;
  ASSERT_TRUE(story.ask(story.client(), Story::get("/")));
  const auto size = [&] {
    std::ostringstream out;
    writePcap(story.trace(), out);
    return out.str().size();
  };
  const std::size_t before = size();
  const TraceEvent any = *std::ranges::find(story.trace().events(), TraceKind::Data, &TraceEvent::kind);
  const auto now = story.world().now();
  story.trace().packet(now, any.connection, TraceKind::Data, TraceStage::Sent, TraceEnd::Client, any.size, 4, "late");
  EXPECT_EQ(size(), before);
  story.trace().packet(now, any.connection, TraceKind::Data, TraceStage::Arrived, TraceEnd::Client, any.size, 4);
  EXPECT_EQ(size(), before + 16 + 40 + 4);
}

// An attempt to connect may vanish on its way; what comes after it is then not taken for it.
TEST(Pcap, WhatVanishesOnItsWayIsNotInTheCapture) {
  const auto capture = [](bool lost_first) {
    World world(1);
    Trace trace(world);
    trace.connection(1, {});
    const auto send = [&](TraceKind kind, std::uint64_t offset, bool arrives) {
      const std::uint64_t size = kind == TraceKind::Data ? 4 : 0;
      const std::string bytes = kind == TraceKind::Data ? "data" : "";
      trace.packet(world.now(), 1, kind, TraceStage::Sent, TraceEnd::Client, offset, size, bytes);
      if (arrives) trace.packet(world.now(), 1, kind, TraceStage::Arrived, TraceEnd::Client, offset, size);
    };
    if (lost_first) send(TraceKind::Connect, 0, false);
    send(TraceKind::Connect, 1, true);
    send(TraceKind::Data, 0, true);
    std::ostringstream out;
    writePcap(trace, out);
    return out.str();
  };
  EXPECT_EQ(capture(true), capture(false));
}

}  // namespace
}  // namespace sim::report
