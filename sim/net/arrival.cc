// What the packets of a connection do when they arrive.
#include "sim/net/connection.h"

#include <algorithm>

#include "sim/net/fabric.h"

namespace sim::net {

using lb::IoStatus;

void Connection::arrived(Side side, const Packet& packet) {
  take(side, packet);
  removeIfOver();
}

void Connection::take(Side side, const Packet& packet) {
  using PacketKind = Packet::Kind;
  const End& here = end(side);
  if (world_.trace() != nullptr) tracePacket(other(side), world_.now(), packet, true);
  if (packet.kind != PacketKind::Data || here.forgotten) {
    world_.digest().note(world_.now(), Kind::Packet, id_ * 2 + index(side),
                         (packet.value << 3) | static_cast<std::uint64_t>(packet.kind));
  }
  if (here.forgotten) {
    if (packet.kind != PacketKind::Reset) send(side, world_.now(), {.kind = PacketKind::Reset});
    return;
  }
  onAck(side, packet.ack);
  switch (packet.kind) {
    case PacketKind::Connect: onConnect(); return;
    case PacketKind::Accept: onAccept(); return;
    case PacketKind::Confirm: onConfirm(); return;
    case PacketKind::Data: onData(side, packet); return;
    case PacketKind::Finish: onFinish(side); return;
    case PacketKind::Window:
      flow(side).edge = std::max(flow(side).edge, packet.value);
      pump(side, world_.now());
      notify(side);
      return;
    case PacketKind::Ack: return;
    case PacketKind::Reset: fail(side, here.phase == Phase::Connecting ? IoStatus::Refused : IoStatus::Reset); return;
  }
}

void Connection::onData(Side side, const Packet& packet) {
  Flow& incoming = flow(other(side));
  const auto count = static_cast<std::size_t>(packet.value - incoming.arrived);
  const lb::Bytes bytes = incoming.bytes.view(static_cast<std::size_t>(incoming.arrived - incoming.read), count);
  world_.digest().note(world_.now(), Kind::Data, id_ * 2 + index(side), bytes);
  if (end(side).phase == Phase::Closed) {  // nobody will ever read it
    forget(side);
    send(side, world_.now(), {.kind = Packet::Kind::Reset});
    return;
  }
  incoming.arrived = packet.value;
  answerArrival(side);
  notify(side);
}

void Connection::onFinish(Side side) {
  flow(other(side)).finish_arrived = true;
  answerArrival(side);
  if (side == Side::Client) releasePort();
  notify(side);
}

// An acknowledgement that nobody waits for goes along with what is sent next. If the way back is blocked, the sender
// will go on repeating, so then it has to be sent and be held up.
void Connection::answerArrival(Side side) {
  Flow& incoming = flow(other(side));
  if (incoming.ack_wanted || wire(side).blocked()) {
    send(side, world_.now(), {.kind = Packet::Kind::Ack});
  } else {
    incoming.settled = incoming.arrived + (incoming.finish_arrived ? 1 : 0);
    progress(other(side));
  }
}

void Connection::onAck(Side side, std::uint64_t ack) {
  Flow& outgoing = flow(side);
  if (ack <= outgoing.acked) return;
  outgoing.acked = ack;
  progress(side);
  if (!outgoing.ack_wanted || !roomIsWorthIt(side)) return;
  outgoing.ack_wanted = false;
  notify(side);
}

}  // namespace sim::net
