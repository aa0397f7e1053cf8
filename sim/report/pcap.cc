// See pcap.h.
#include "sim/report/pcap.h"

#include <algorithm>
#include <string>
#include <vector>

#include "sim/report/ip_packet.h"
#include "sim/report/names.h"

namespace sim::report {

namespace {

constexpr std::size_t index(TraceEnd end) {
  return static_cast<std::size_t>(end);
}

struct Frame {
  MonoTime time;
  std::string bytes;
};

// What the headers of one end's packets are made from, at the moment when they are sent.
struct Sender {
  std::uint32_t first_seq = 0;
  bool syn_sent = false;
  bool syn_arrived = false;  // the other's
  std::uint64_t sent = 0;    // bytes of the stream
  bool finish_sent = false;
  std::uint64_t received = 0;  // bytes of the other's stream
  bool finish_received = false;
  std::uint64_t edge = 0;  // up to where the other may send
  std::uint8_t scale = 0;
};

struct Link {
  const TraceConnection* about = nullptr;
  TraceEnd seen_from = TraceEnd::Server;
  std::array<Sender, 2> senders;
  // What the far end has sent and what has not arrived yet, in its order; some of it never does.
  struct Coming {
    TraceKind kind;
    std::uint64_t offset;
    std::vector<TcpPacket> packets;
  };
  std::vector<Coming> coming;
};

class Capture {
 public:
  explicit Capture(const Trace& trace) : trace_(trace), roles_(rolesOfHosts(trace)) {}

  std::vector<Frame> take() {
    for (const TraceEvent& event : trace_.events()) {
      if (!isPacket(event.kind)) continue;
      if (Link* link = linkOf(event.connection)) see(*link, event);
    }
    // A program's packets leave a little later than the moment in which its turn began.
    std::ranges::stable_sort(frames_, {}, &Frame::time);
    return std::move(frames_);
  }

 private:
  [[nodiscard]] bool isProxy(const TraceConnection::End& end) const {
    const auto role = roles_.find(end.host);
    return role != roles_.end() && role->second == Role::Proxy;
  }

  Link* linkOf(std::uint64_t id) {
    Link& link = links_[id];
    if (link.about == nullptr) {
      link.about = trace_.find(id);
      if (link.about == nullptr) return nullptr;
      const auto& ends = link.about->ends;
      link.seen_from = isProxy(ends[0]) && !isProxy(ends[1]) ? TraceEnd::Client : TraceEnd::Server;
      for (const TraceEnd end : {TraceEnd::Client, TraceEnd::Server}) {
        Sender& sender = link.senders[index(end)];
        // Different for each connection, or one that takes another's ports would look like its continuation.
        sender.first_seq = static_cast<std::uint32_t>(id) * 2'654'435'761U + (end == TraceEnd::Server ? 1U << 31 : 0U);
        sender.edge = ends[index(end)].window;
        while (sender.edge >> sender.scale > 0xffff && sender.scale < 14) ++sender.scale;
      }
    }
    return &link;
  }

  void see(Link& link, const TraceEvent& event) {
    const bool near = event.from == link.seen_from;
    if (event.stage == TraceStage::Sent) {
      std::vector<TcpPacket> packets = made(link, event);
      if (near) {
        for (const TcpPacket& packet : packets) frames_.push_back({event.time, ipPacket(packet)});
      } else {
        link.coming.push_back({event.kind, event.offset, std::move(packets)});
      }
      return;
    }
    note(link.senders[index(other(event.from))], event);
    if (near) return;
    const auto found = std::ranges::find_if(
        link.coming, [&](const Link::Coming& one) { return one.kind == event.kind && one.offset == event.offset; });
    if (found == link.coming.end()) return;  // its sending had to leave the trace
    for (const TcpPacket& packet : found->packets) frames_.push_back({event.time, ipPacket(packet)});
    link.coming.erase(found);
  }

  // What the receiver knows after an arrival.
  static void note(Sender& receiver, const TraceEvent& event) {
    switch (event.kind) {
      case TraceKind::Connect:
      case TraceKind::Accept: receiver.syn_arrived = true; break;
      case TraceKind::Data: receiver.received = event.offset + event.size; break;
      case TraceKind::Finish: receiver.finish_received = true; break;
      default: break;
    }
  }

  static std::vector<TcpPacket> made(Link& link, const TraceEvent& event) {
    Sender& sender = link.senders[index(event.from)];
    TcpPacket packet{.from = link.about->ends[index(event.from)].address,
                     .to = link.about->ends[index(other(event.from))].address};
    std::uint64_t position = sender.sent;
    switch (event.kind) {
      case TraceKind::Connect:
      case TraceKind::Accept:
        packet.flags = TcpFlags::kSyn;
        sender.syn_sent = true;
        break;
      case TraceKind::Data:
        packet.flags = TcpFlags::kPsh;
        position = event.offset;
        sender.sent = event.offset + event.size;
        break;
      case TraceKind::Finish: packet.flags = TcpFlags::kFin; break;
      case TraceKind::Reset: packet.flags = TcpFlags::kRst; break;
      case TraceKind::Window: sender.edge = event.offset; break;
      default: break;
    }
    const bool syn = (packet.flags & TcpFlags::kSyn) != 0;
    const Sender& receiver = link.senders[index(other(event.from))];
    if (event.kind != TraceKind::Connect) packet.flags |= TcpFlags::kAck;
    const std::uint64_t past = syn ? 0 : (sender.syn_sent ? 1U : 0U) + position + (sender.finish_sent ? 1U : 0U);
    packet.seq = sender.first_seq + static_cast<std::uint32_t>(past);
    packet.ack = receiver.first_seq + static_cast<std::uint32_t>((sender.syn_arrived ? 1U : 0U) + sender.received +
                                                                 (sender.finish_received ? 1U : 0U));
    // Only a window after the handshake is scaled. Rounded up: the other side may use all of it.
    const std::uint64_t window = sender.edge - std::min(sender.edge, sender.received);
    const std::uint64_t step = std::uint64_t{1} << (syn ? 0 : sender.scale);
    packet.window = static_cast<std::uint16_t>(std::min<std::uint64_t>((window + step - 1) / step, 0xffff));
    packet.scale = sender.scale;
    if (event.kind == TraceKind::Finish) sender.finish_sent = true;
    return cut(packet, event.text);
  }

  static std::vector<TcpPacket> cut(TcpPacket packet, std::string_view payload) {
    std::vector<TcpPacket> packets;
    do {
      packet.payload = payload.substr(0, TcpPacket::kPayloadMax);
      packets.push_back(packet);
      packet.seq += static_cast<std::uint32_t>(packet.payload.size());
      payload.remove_prefix(packet.payload.size());
    } while (!payload.empty());
    return packets;
  }

  const Trace& trace_;
  std::map<std::string, Role> roles_;
  std::map<std::uint64_t, Link> links_;
  std::vector<Frame> frames_;
};

// The file's numbers are in the writer's byte order; ours is little-endian everywhere.
void put32(std::ostream& out, std::uint64_t value) {
  for (int shift = 0; shift < 32; shift += 8) out.put(static_cast<char>(value >> shift & 0xffU));
}

}  // namespace

void writePcap(const Trace& trace, std::ostream& out) {
  constexpr std::uint32_t kNanosecondMagic = 0xa1b23c4d;
  constexpr std::uint32_t kVersion = 2 | 4 << 16;
  constexpr std::uint32_t kLongest = 1 << 18;
  constexpr std::uint32_t kLinkRaw = 101;
  for (const std::uint32_t word : {kNanosecondMagic, kVersion, 0U, 0U, kLongest, kLinkRaw}) put32(out, word);
  constexpr std::int64_t kSecond = 1'000'000'000;
  for (const Frame& frame : Capture(trace).take()) {
    const std::int64_t time = (World::kWallStart + (frame.time.since_start - World::kStart)).count();
    put32(out, static_cast<std::uint64_t>(time / kSecond));
    put32(out, static_cast<std::uint64_t>(time % kSecond));
    put32(out, frame.bytes.size());
    put32(out, frame.bytes.size());
    out.write(frame.bytes.data(), static_cast<std::streamsize>(frame.bytes.size()));
  }
}

}  // namespace sim::report
