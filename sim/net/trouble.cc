// When a connection's packets do not get through, and when one of its systems has nothing to do with it any more.
#include "sim/net/connection.h"

#include <algorithm>

#include "sim/net/fabric.h"

namespace sim::net {

using lb::IoStatus;

// Whether the side waits for the other to acknowledge something.
bool Connection::outstanding(Side side) const {
  if (end(side).forgotten) return false;
  if (side == Side::Server && end(side).phase == Phase::Open && !confirmed_) return true;
  const Flow& outgoing = flow(side);
  return outgoing.sent + (outgoing.finish_sent ? 1 : 0) > std::max(outgoing.acked, outgoing.settled);
}

void Connection::lost(Packet::Kind kind) {
  if (kind == Packet::Kind::Reset) fabric_.noteLostReset();
  removeIfOver();
}

// Trouble on one way concerns both sides: what the one has sent, and acknowledgements for the other.
void Connection::delayed() {
  for (const Side side : {Side::Client, Side::Server}) {
    Alarm& patience = patience_[index(side)];
    if (patience.planned() || !outstanding(side)) continue;
    world_.plan(patience, world_.now() + patienceOf(side));
  }
}

Duration Connection::patienceOf(Side side) const {
  if (side == Side::Server && !confirmed_) return kAnswerPatience;
  return end(side).phase == Phase::Closed ? kPatienceWhenClosed : kPatience;
}

void Connection::progress(Side side) {
  Alarm& patience = patience_[index(side)];
  if (!patience.planned()) return;
  if (outstanding(side)) {
    world_.plan(patience, world_.now() + patienceOf(side));
  } else {
    patience.callOff();
  }
}

// What was received before stays readable.
void Connection::fail(Side side, IoStatus why) {
  End& here = end(side);
  if (world_.trace() != nullptr && why != IoStatus::Reset) traceFailure(side, why);
  if (here.phase != Phase::Closed) {
    here.phase = Phase::Failed;
    here.failure = why;
  }
  forget(side);
  notify(side);
}

void Connection::forget(Side side) {
  end(side).forgotten = true;
  Flow& outgoing = flow(side);
  outgoing.written = outgoing.sent;
  outgoing.bytes.truncate(static_cast<std::size_t>(outgoing.written - outgoing.read));
  wire(side).repeatNothing();
  patience_[index(side)].callOff();
  if (side == Side::Client) {
    retry_.callOff();
    releasePort();
  } else {
    queue_again_.callOff();
  }
}

// The host does not say a word; whoever sends to it later learns from its silence, or from what answers when it is
// back.
void Connection::hostGone(const Host& host) {
  for (const Side side : {Side::Client, Side::Server}) {
    End& here = end(side);
    if (here.host != &host) continue;
    if (side == Side::Server) queued_ = false;
    if (side == Side::Server && !confirmed_) {  // an attempt that is made again finds it as if it were the first
      patience_[index(side)].callOff();
      here.phase = Phase::Connecting;
    } else {
      here.phase = Phase::Closed;
      forget(side);
    }
  }
  removeIfOver();
}

// Whoever ends a connection first may not use its port again for a while, lest a packet that is late meet the next one.
void Connection::releasePort() {
  const End& client = end(Side::Client);
  const lb::Address& remote = addressOf(Side::Server);
  const std::uint16_t port = addressOf(Side::Client).port;
  if (port_ == Port::Held && client.forgotten) {
    port_ = Port::Free;
    client.host->releasePort(port, remote);
    return;
  }
  if (client.phase != Phase::Closed || port_ == Port::Free) return;
  if (port_ == Port::Waiting && port_until_ <= world_.now()) {
    port_ = Port::Free;  // and maybe held by another connection
  } else if (flow(Side::Server).finish_arrived && !flow(Side::Client).finish_sent_first) {
    port_ = Port::Free;
    client.host->releasePort(port, remote);
  } else {
    port_ = Port::Waiting;
    const Duration time_wait = client.host->rules().time_wait;
    port_until_ = world_.now() + (isLoopback(remote.ip) ? std::min(time_wait, Host::kTimeWaitOnLoopback) : time_wait);
    client.host->releasePortAt(port, remote, port_until_);
  }
}

}  // namespace sim::net
