// How a connection begins: three packets, and all that may go wrong with them.
#include "lb/base/check.h"
#include "sim/net/connection.h"
#include "sim/net/fabric.h"
#include "sim/net/sim_listener.h"

namespace sim::net {

using lb::IoStatus;

void Connection::connect(MonoTime at) {
  send(Side::Client, at, {.kind = Packet::Kind::Connect});
  world_.plan(retry_, at + kFirstRetry);
}

// Whatever the attempt or the answer to it was lost by: the client sees only that nothing came.
void Connection::tryAgain() {
  if (tries_ < kRetries) {
    ++tries_;
    send(Side::Client, world_.now(), {.kind = Packet::Kind::Connect});
    world_.plan(retry_, world_.now() + kFirstRetry * (std::int64_t{1} << tries_));
  } else {
    connectFailed(IoStatus::TimedOut);
  }
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
  retry_.callOff();
  if (world_.trace() != nullptr) traceFailure(why);
  releasePort();
  notify(Side::Client);
}

void Connection::onConnect() {
  if (end(Side::Server).phase == Phase::Open) return;  // an attempt that was late
  const LinkRules& rules = wires_[index(Side::Client)].rules();
  Host& server = *end(Side::Server).host;
  const SimListener* listener = server.listenerAt(addressOf(Side::Server), fabric_.chance());
  if (rules.black_hole || (listener != nullptr && listener->waiting() >= server.rules().backlog)) return;
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

void Connection::onAccept() {
  if (end(Side::Client).phase != Phase::Connecting) {  // it has given up
    send(Side::Client, world_.now(), {.kind = Packet::Kind::Reset});
    return;
  }
  end(Side::Client).phase = Phase::Open;
  retry_.callOff();
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
    queued_ = true;
    listener->enqueue(*this);
    return;
  }
  end(Side::Server).phase = Phase::Closed;  // it closed meanwhile
  send(Side::Server, world_.now(), {.kind = Packet::Kind::Reset});
}

}  // namespace sim::net
