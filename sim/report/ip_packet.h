// TCP over IP as bytes, with both checksums (RFC 791, 8200, 9293, 7323).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "lb/base/address.h"

namespace sim::report {

struct TcpFlags {
  static constexpr std::uint8_t kFin = 0x01, kSyn = 0x02, kRst = 0x04, kPsh = 0x08, kAck = 0x10;
};

struct TcpPacket {
  static constexpr std::size_t kPayloadMax = 65'000;  // with both headers it still fits IP's length field

  lb::Address from;
  lb::Address to;
  std::uint32_t seq = 0;
  std::uint32_t ack = 0;
  std::uint8_t flags = 0;
  std::uint16_t window = 0;  // as it stands in the header, already scaled
  std::uint8_t scale = 0;    // of a SYN: how the later windows are scaled
  std::string_view payload{};
};

// REQUIRES: payload.size() <= kPayloadMax.
[[nodiscard]] std::string ipPacket(const TcpPacket& packet);

}  // namespace sim::report
