// How a connection begins: three packets, and all that may go wrong with them.
#include "lb/base/check.h"
#include "sim/net/connection.h"
#include "sim/net/fabric.h"
#include "sim/net/sim_listener.h"

namespace sim::net {

using lb::IoStatus;

void Connection::connect(MonoTime at) {
  send(Side::Client, at, {.kind = Packet::Kind::Connect});
}

void Connection::failToConnect(IoStatus why) {
  end(Side::Client).phase = Phase::Failed;
  end(Side::Client).failure = why;
  if (world_.trace() != nullptr) traceFailure(why);
  port_held_ = false;
}

void Connection::connectFailed(IoStatus why) {
  end(Side::Client).phase = Phase::Failed;
  end(Side::Client).failure = why;
  if (world_.trace() != nullptr) traceFailure(why);
  releasePort();
  notify(Side::Client);
}

// `tries`: how many attempts have been made before this one.
void Connection::onConnect(const Packet& packet) {
  if (end(Side::Server).phase == Phase::Open) return;  // an attempt that was late
  const LinkRules& rules = wires_[index(Side::Client)].rules();
  Host& server = *end(Side::Server).host;
  const SimListener* listener = server.listenerAt(addressOf(Side::Server), fabric_.chance());
  if (rules.black_hole || (listener != nullptr && listener->waiting() >= server.rules().backlog)) {
    tryAgain(packet.value);
    return;
  }
  if (rules.refuse || listener == nullptr) {
    send(Side::Server, world_.now(), {.kind = Packet::Kind::Reset});
    return;
  }
  end(Side::Server).phase = Phase::Open;
  if (end(Side::Client).host != &server) {
    send(Side::Server, world_.now(), {.kind = Packet::Kind::Accept});
    return;
  }
  // Within one host the three packets are one step.
  onAccept();
}

void Connection::tryAgain(std::uint64_t tries) {
  world_.after(kFirstRetry * (std::int64_t{1} << tries), [keep = weak_from_this(), tries] {
    const auto self = keep.lock();
    if (!self || self->end(Side::Client).phase != Phase::Connecting) return;
    if (tries < kRetries) {
      self->send(Side::Client, self->world_.now(), {.kind = Packet::Kind::Connect, .value = tries + 1});
    } else {
      self->connectFailed(IoStatus::TimedOut);
    }
  });
}

void Connection::onAccept() {
  if (end(Side::Client).phase != Phase::Connecting) {  // it has given up
    send(Side::Client, world_.now(), {.kind = Packet::Kind::Reset});
    return;
  }
  end(Side::Client).phase = Phase::Open;
  if (end(Side::Client).host == end(Side::Server).host) {
    queueAtListener();
  } else {
    send(Side::Client, world_.now(), {.kind = Packet::Kind::Confirm});
  }
  notify(Side::Client);
}

void Connection::onConfirm() {
  queueAtListener();
}

void Connection::queueAtListener() {
  SimListener* listener = end(Side::Server).host->listenerAt(addressOf(Side::Server), fabric_.chance());
  if (listener != nullptr) {
    listener->enqueue(shared_from_this());
    return;
  }
  end(Side::Server).phase = Phase::Closed;  // it closed meanwhile
  send(Side::Server, world_.now(), {.kind = Packet::Kind::Reset});
}

}  // namespace sim::net
