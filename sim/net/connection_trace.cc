// What a connection tells the trace of its world, if there is one.
#include <string>

#include "sim/core/trace.h"
#include "sim/net/connection.h"
#include "sim/net/host.h"

namespace sim::net {

namespace {

TraceEnd endOf(Side side) {
  return side == Side::Client ? TraceEnd::Client : TraceEnd::Server;
}

TraceKind kindOf(Packet::Kind kind) {
  switch (kind) {
    case Packet::Kind::Connect: return TraceKind::Connect;
    case Packet::Kind::Accept: return TraceKind::Accept;
    case Packet::Kind::Confirm: return TraceKind::Confirm;
    case Packet::Kind::Data: return TraceKind::Data;
    case Packet::Kind::Finish: return TraceKind::Finish;
    case Packet::Kind::Window: return TraceKind::Window;
    case Packet::Kind::Reset:
    case Packet::Kind::Ack: break;
  }
  return TraceKind::Reset;
}

}  // namespace

void Connection::traceBirth() const {
  TraceConnection about;
  for (const Side side : {Side::Client, Side::Server}) {
    about.ends[index(side)] = {
        .host = end(side).host->name(), .owner = {}, .address = addressOf(side), .window = flow(other(side)).edge};
  }
  world_.trace()->connection(id_, std::move(about));
}

void Connection::tracePacket(Side from, MonoTime at, const Packet& packet, bool arrives) const {
  if (packet.kind == Packet::Kind::Ack) return;  // of no interest to people
  const bool data = packet.kind == Packet::Kind::Data;
  const std::uint64_t offset = packet.value - (data ? packet.bytes : 0);
  std::string bytes;
  if (data && !arrives) {
    const auto before = static_cast<std::size_t>(offset - flow(from).read);
    const lb::Bytes view = flow(from).bytes.view(before, packet.bytes);
    bytes.assign(reinterpret_cast<const char*>(view.data()), view.size());
  }
  world_.trace()->packet(at, id_, kindOf(packet.kind), arrives ? TraceStage::Arrived : TraceStage::Sent, endOf(from),
                         offset, packet.bytes, std::move(bytes));
}

void Connection::traceClose(Side side, MonoTime at) const {
  world_.trace()->closed(at, id_, endOf(side));
}

void Connection::traceRead(Side side, std::size_t bytes) const {
  world_.trace()->read(id_, endOf(side), bytes);
}

// An attempt that failed, or a system that has lost patience with an open connection.
void Connection::traceFailure(Side side, lb::IoStatus why) const {
  if (end(side).phase == Phase::Open) {
    world_.trace()->note(end(side).host->name(), "gave up connection " + std::to_string(id_));
  } else if (side == Side::Client) {
    world_.trace()->connectFailed(id_, lb::toString(why));
  }
}

}  // namespace sim::net
