// See ip_packet.h.
#include "sim/report/ip_packet.h"

#include "lb/base/check.h"

namespace sim::report {

namespace {

constexpr std::uint8_t kTcp = 6;
constexpr std::uint8_t kHopsMax = 64;

void put8(std::string& out, std::uint64_t value) {
  out += static_cast<char>(value & 0xffU);
}
void put16(std::string& out, std::uint64_t value) {
  put8(out, value >> 8);
  put8(out, value);
}
void put32(std::string& out, std::uint64_t value) {
  put16(out, value >> 16);
  put16(out, value);
}

// RFC 1071.
std::uint16_t checksum(std::string_view bytes) {
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const std::uint64_t byte = static_cast<unsigned char>(bytes[i]);
    sum += i % 2 == 0 ? byte << 8 : byte;
  }
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<std::uint16_t>(~sum);
}

void set16(std::string& out, std::size_t at, std::uint16_t value) {
  out[at] = static_cast<char>(value >> 8);
  out[at + 1] = static_cast<char>(value & 0xff);
}

std::string addressBytes(const lb::IpAddress& ip, bool v4) {
  const auto& bytes = ip.bytes();
  return {bytes.begin() + (v4 ? 12 : 0), bytes.end()};
}

std::string tcpSegment(const TcpPacket& packet) {
  std::string options;
  if ((packet.flags & TcpFlags::kSyn) != 0) {
    put32(options, 0x020405b4);                 // a segment size; what follows may be larger, as after offloading
    put32(options, 0x01030300 | packet.scale);  // window scale
  }
  std::string out;
  put16(out, packet.from.port);
  put16(out, packet.to.port);
  put32(out, packet.seq);
  put32(out, (packet.flags & TcpFlags::kAck) != 0 ? packet.ack : 0);
  put8(out, (20 + options.size()) / 4 << 4);
  put8(out, packet.flags);
  put16(out, packet.window);
  put32(out, 0);  // checksum, urgent pointer
  out += options;
  out += packet.payload;
  return out;
}

}  // namespace

std::string ipPacket(const TcpPacket& packet) {
  LB_CHECK(packet.payload.size() <= TcpPacket::kPayloadMax);
  const bool v4 = packet.from.ip.isV4() && packet.to.ip.isV4();
  const std::string from = addressBytes(packet.from.ip, v4);
  const std::string to = addressBytes(packet.to.ip, v4);
  std::string segment = tcpSegment(packet);

  std::string pseudo = from + to;
  put32(pseudo, v4 ? (std::uint64_t{kTcp} << 16) | segment.size() : segment.size());
  if (!v4) put32(pseudo, kTcp);
  set16(segment, 16, checksum(pseudo + segment));

  std::string out;
  if (v4) {
    put16(out, 0x4500);
    put16(out, 20 + segment.size());
    put32(out, 0x00004000);  // in one piece
    put8(out, kHopsMax);
    put8(out, kTcp);
    put16(out, 0);
    out += from + to;
    set16(out, 10, checksum(out));
  } else {
    put32(out, 0x60000000);
    put16(out, segment.size());
    put8(out, kTcp);
    put8(out, kHopsMax);
    out += from + to;
  }
  return out + segment;
}

}  // namespace sim::report
