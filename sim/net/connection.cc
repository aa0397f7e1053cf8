// An open connection: bytes, windows, ends. How it comes to be is in handshake.cc.
#include "sim/net/connection.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "lb/base/check.h"
#include "sim/net/fabric.h"
#include "sim/net/sim_stream.h"

namespace sim::net {

using lb::Interest;
using lb::IoResult;
using lb::IoStatus;

Connection::Connection(Fabric& fabric, Host& from, Host& to, const lb::Address& local, const lb::Address& remote)
    : fabric_(fabric),
      world_(fabric.world()),
      id_(world_.nextId()),
      addresses_{local, remote},
      wires_{Wire(*this, Side::Client, world_, fabric.chance(), fabric.link(from, to)),
             Wire(*this, Side::Server, world_, fabric.chance(), fabric.link(to, from))} {
  end(Side::Client).host = &from;
  end(Side::Server).host = &to;
  flow(Side::Client).edge = flow(Side::Client).announced = to.rules().receive_window;
  flow(Side::Server).edge = flow(Side::Server).announced = from.rules().receive_window;
  if (world_.trace() != nullptr) traceBirth();
}

void Connection::attach(Side side, SimStream& stream) {
  end(side).stream = &stream;
  if (side == Side::Server) queued_ = false;
}

void Connection::notify(Side side) {
  if (end(side).stream != nullptr) end(side).stream->changed();
}

void Connection::send(Side from, MonoTime at, Packet packet) {
  Flow& incoming = flow(other(from));
  incoming.ack_sent = packet.ack = incoming.arrived + (incoming.finish_arrived ? 1 : 0);
  if (world_.trace() != nullptr) [[unlikely]]
    tracePacket(from, at, packet, false);
  wire(from).send(at, packet);
  if (wire(from).held()) delayed();
}

std::size_t Connection::unread(Side side) const {
  const Flow& incoming = flow(other(side));
  return static_cast<std::size_t>(incoming.arrived - incoming.read);
}

// What has been written stays in the buffer until the other system has said that it arrived.
std::size_t Connection::room(Side side) const {
  const Flow& outgoing = flow(side);
  const auto kept = static_cast<std::size_t>(outgoing.written - std::min(outgoing.acked, outgoing.written));
  const std::size_t size = end(side).host->rules().send_buffer;
  return kept < size ? size - kept : 0;
}

// A system reports room only when there is a good deal of it.
bool Connection::roomIsWorthIt(Side side) const {
  return room(side) >= std::max<std::size_t>(1, end(side).host->rules().send_buffer / 3);
}

Interest Connection::ready(Side side) const {
  const End& here = end(side);
  if (here.phase == Phase::Connecting || here.phase == Phase::Closed) return Interest::None;
  if (here.phase == Phase::Failed) return Interest::Both | Interest::Reset;
  const bool readable = unread(side) > 0 || flow(other(side)).finish_arrived;
  const bool writable = flow(side).finish_wanted || roomIsWorthIt(side);
  return (readable ? Interest::Read : Interest::None) | (writable ? Interest::Write : Interest::None);
}

bool Connection::blocked(Side side) const {
  return held(side) && lb::has(end(side).stream->wanted(), Interest::Write) && !lb::has(ready(side), Interest::Write);
}

IoResult Connection::read(Side side, std::span<const lb::Space> into, MonoTime at) {
  const End& here = end(side);
  if (here.phase == Phase::Closed) return {0, IoStatus::Reset};
  std::size_t wish = 0;
  for (const lb::Space space : into) wish += space.size();
  if (wish == 0) return {0, IoStatus::Ok};
  Flow& incoming = flow(other(side));
  std::size_t count = std::min(wish, unread(side));
  if (count == 0) {
    if (incoming.finish_arrived) return {0, IoStatus::Eof};
    return {0, here.phase == Phase::Failed ? here.failure : IoStatus::WouldBlock};
  }
  if (fabric_.chance().chance(here.host->rules().short_read)) count = fabric_.chance().between(1, count);
  std::size_t done = 0;
  for (const lb::Space space : into) {
    const lb::Bytes piece = incoming.bytes.view(done, std::min(space.size(), count - done));
    if (!piece.empty()) std::memcpy(space.data(), piece.data(), piece.size());
    done += piece.size();
  }
  incoming.bytes.consume(count);
  incoming.read += count;
  if (world_.trace() != nullptr) traceRead(side, count);
  announceWindow(side, at);
  return {count, IoStatus::Ok};
}

// As systems do: not for every byte, but before the sender stands still.
void Connection::announceWindow(Side side, MonoTime at) {
  Flow& incoming = flow(other(side));
  const std::size_t window = end(side).host->rules().receive_window;
  const std::uint64_t edge = incoming.read + window;
  if (incoming.finish_arrived || end(side).forgotten) return;
  if (edge < incoming.announced + std::max<std::size_t>(1, window / 2)) return;
  incoming.announced = edge;
  send(side, at, {.kind = Packet::Kind::Window, .value = edge});
}

IoResult Connection::write(Side side, std::span<const lb::Bytes> from, MonoTime at) {
  const End& here = end(side);
  if (here.phase == Phase::Failed) return {0, here.failure};
  Flow& outgoing = flow(side);
  if (here.phase == Phase::Closed || outgoing.finish_wanted) return {0, IoStatus::Reset};
  if (here.phase == Phase::Connecting) return {0, IoStatus::WouldBlock};
  std::size_t wish = 0;
  for (const lb::Bytes piece : from) wish += piece.size();
  LB_CHECK(wish > 0);
  std::size_t count = std::min(wish, room(side));
  if (count > 0 && fabric_.chance().chance(here.host->rules().short_write)) count = fabric_.chance().between(1, count);
  std::size_t left = count;
  for (const lb::Bytes piece : from) {
    const std::size_t part = std::min(piece.size(), left);
    outgoing.bytes.append(piece.first(part));
    left -= part;
  }
  outgoing.written += count;
  pump(side, at);
  if (!roomIsWorthIt(side)) wantAck(side, at);
  return {count, count > 0 ? IoStatus::Ok : IoStatus::WouldBlock};
}

// Acknowledgements go alone only to a sender that waits for room, as most of them would change nothing. What has
// arrived before this one began to wait is acknowledged now.
void Connection::wantAck(Side side, MonoTime at) {
  Flow& outgoing = flow(side);
  if (std::exchange(outgoing.ack_wanted, true) || end(other(side)).forgotten) return;
  if (outgoing.arrived > outgoing.ack_sent) send(other(side), at, {.kind = Packet::Kind::Ack});
}

void Connection::pump(Side side, MonoTime at) {
  Flow& outgoing = flow(side);
  if (end(side).phase == Phase::Connecting || end(side).forgotten) return;
  while (outgoing.sent < std::min(outgoing.written, outgoing.edge)) {
    const std::uint64_t rest = std::min(outgoing.written, outgoing.edge) - outgoing.sent;
    const auto count = std::min<std::uint64_t>(rest, wire(side).rules().segment_max);
    outgoing.sent += count;
    send(side, at, {.kind = Packet::Kind::Data, .value = outgoing.sent, .bytes = count});
  }
  if (!outgoing.finish_wanted || outgoing.finish_sent || outgoing.sent < outgoing.written) return;
  outgoing.finish_sent = true;
  outgoing.finish_sent_first = !flow(other(side)).finish_arrived;
  send(side, at, {.kind = Packet::Kind::Finish});
}

IoStatus Connection::finish(Side side, MonoTime at) {
  const End& here = end(side);
  if (here.phase == Phase::Failed) return here.failure;
  if (here.phase == Phase::Connecting) return IoStatus::WouldBlock;
  if (here.phase == Phase::Closed) return IoStatus::Reset;
  flow(side).finish_wanted = true;
  pump(side, at);
  return IoStatus::Ok;
}

void Connection::abort(Side side, MonoTime at) {
  End& here = end(side);
  const Phase before = std::exchange(here.phase, Phase::Closed);
  if (before == Phase::Closed) return;
  world_.digest().note(at, Kind::Close, id_ * 2 + index(side), 1);
  if (world_.trace() != nullptr) traceClose(side, at);
  forget(side);
  if (before == Phase::Open) send(side, at, {.kind = Packet::Kind::Reset});
}

void Connection::close(Side side, MonoTime at) {
  end(side).stream = nullptr;
  letGo(side, at);
  removeIfOver();
}

void Connection::letGo(Side side, MonoTime at) {
  End& here = end(side);
  if (here.phase == Phase::Closed) return;
  if (here.phase != Phase::Open || unread(side) > 0) {
    abort(side, at);
    return;
  }
  world_.digest().note(at, Kind::Close, id_ * 2 + index(side), 0);
  if (world_.trace() != nullptr) traceClose(side, at);
  flow(side).finish_wanted = true;
  pump(side, at);
  here.phase = Phase::Closed;
  Alarm& patience = patience_[index(side)];
  if (patience.planned()) world_.plan(patience, std::min(patience.due().time, world_.now() + kPatienceWhenClosed));
  if (side == Side::Client) releasePort();
}

void Connection::removeIfOver() {
  if (end(Side::Client).stream != nullptr || end(Side::Server).stream != nullptr || queued_) return;
  if (retry_.planned() || queue_again_.planned()) return;
  if (wires_[0].empty() && wires_[1].empty()) fabric_.removeConnection(*this);
}

}  // namespace sim::net
