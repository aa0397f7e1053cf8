// See sim_stream.h.
#include "sim/net/sim_stream.h"

#include "lb/base/check.h"
#include "sim/core/trace.h"

namespace sim::net {

SimStream::SimStream(SimLoop& loop, Connection& connection, Side side)
    : loop_(loop),
      connection_(connection),
      side_(side),
      remote_(connection.addressOf(other(side))),
      local_(connection.addressOf(side)) {
  connection_.attach(side, *this);
  if (Trace* trace = loop.world().trace())
    trace->owner(connection_.id(), side == Side::Client ? TraceEnd::Client : TraceEnd::Server, loop.id());
}

SimStream::~SimStream() {
  connection_.close(side_, loop_.localTime());
}

void SimStream::want(lb::Interest interest) {
  wanted_ = interest;
  changed();
}

void SimStream::changed() {
  if (possible() == lb::Interest::None) {
    loop_.withdraw(*this);
  } else {
    loop_.announce(*this);
  }
}

lb::Interest SimStream::possible() const {
  if (wanted_ == lb::Interest::None) return lb::Interest::None;
  return wanted_ & connection_.ready(side_);
}

void SimStream::onIo() {
  const lb::Interest ready = possible();
  if (ready == lb::Interest::None) return;
  LB_CHECK(events_ != nullptr);
  events_->onReady(ready);
  changed();  // the object still lives: it may be retired in onReady, but not destroyed
}

lb::IoResult SimStream::read(std::span<const lb::Space> into) {
  return connection_.read(side_, into, loop_.localTime());
}

lb::IoResult SimStream::write(std::span<const lb::Bytes> from) {
  return connection_.write(side_, from, loop_.localTime());
}

lb::IoStatus SimStream::finish() {
  return connection_.finish(side_, loop_.localTime());
}

void SimStream::abort() {
  wanted_ = lb::Interest::None;
  loop_.withdraw(*this);
  connection_.abort(side_, loop_.localTime());
}

}  // namespace sim::net
