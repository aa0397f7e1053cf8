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
    fail(Side::Client, IoStatus::TimedOut);
  }
}

void Connection::failToConnect(IoStatus why) {
  end(Side::Client).phase = Phase::Failed;
  end(Side::Client).failure = why;
  end(Side::Client).forgotten = true;
  port_ = Port::Free;
  if (world_.trace() != nullptr) traceFailure(Side::Client, why);
}

void Connection::onConnect() {
  if (end(Side::Server).phase == Phase::Open) {  // the answer to an earlier attempt was lost, or late
    if (!confirmed_) send(Side::Server, world_.now(), {.kind = Packet::Kind::Accept});
    return;
  }
  const LinkRules& rules = wire(Side::Client).rules();
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
  if (end(Side::Client).phase != Phase::Connecting) return;  // a second answer
  end(Side::Client).phase = Phase::Open;
  retry_.callOff();
  if (end(Side::Client).host == end(Side::Server).host) {
    onConfirm();
  } else {
    send(Side::Client, world_.now(), {.kind = Packet::Kind::Confirm});
  }
  notify(Side::Client);
}

void Connection::onConfirm() {
  if (wire(Side::Client).rules().cut_handshake && !confirmed_) {
    end(Side::Server).phase = Phase::Closed;
    forget(Side::Server);
    send(Side::Server, world_.now(), {.kind = Packet::Kind::Reset});
    return;
  }
  if (end(Side::Server).phase != Phase::Open) {  // it does not remember, having been switched off meanwhile
    send(Side::Server, world_.now(), {.kind = Packet::Kind::Reset});
    return;
  }
  confirmed_ = true;
  progress(Side::Server);
  queueAtListener();
}

// Attempts that came at the same time may find the queue full only now: the server's answer is repeated until there is
// room, and then dropped without a word.
void Connection::queueAtListener() {
  End& server = end(Side::Server);
  SimListener* listener = server.host->listenerAt(addressOf(Side::Server), fabric_.chance());
  if (listener != nullptr && listener->waiting() < server.host->rules().backlog) {
    queued_ = true;
    listener->enqueue(*this);
  } else if (listener != nullptr && queue_tries_ < kAnswerRetries) {
    world_.plan(queue_again_, world_.now() + kFirstRetry * (std::int64_t{1} << queue_tries_++));
  } else {
    server.phase = Phase::Closed;
    forget(Side::Server);
    if (listener == nullptr) send(Side::Server, world_.now(), {.kind = Packet::Kind::Reset});  // it closed meanwhile
  }
}

}  // namespace sim::net
