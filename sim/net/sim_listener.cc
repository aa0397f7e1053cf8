// See sim_listener.h.
#include "sim/net/sim_listener.h"

#include <memory>

#include "sim/net/sim_stream.h"

namespace sim::net {

SimListener::SimListener(SimLoop& loop, Host& host, const lb::Address& at, lb::AcceptEvents& events)
    : loop_(loop), host_(host), local_(at), events_(events) {
  host_.addListener(*this);
}

SimListener::~SimListener() {
  if (gone_ != nullptr) *gone_ = true;
  host_.removeListener(*this);
  while (!queue_.empty()) acceptOne();
}

void SimListener::pause(bool paused) {
  paused_ = paused;
  changed();
}

void SimListener::enqueue(Connection& connection) {
  queue_.push_back(&connection);
  changed();
}

void SimListener::forget() {
  queue_.clear();
  changed();
}

void SimListener::changed() {
  if (paused_ || queue_.empty()) {
    loop_.withdraw(*this);
  } else {
    loop_.announce(*this);
  }
}

void SimListener::acceptOne() {
  Connection& connection = *queue_.front();
  queue_.pop_front();
  loop_.world().digest().note(loop_.world().now(), Kind::Accept, connection.id());
  events_.onAccept(std::make_unique<SimStream>(loop_, connection, Side::Server));
}

void SimListener::onIo() {
  bool gone = false;
  gone_ = &gone;
  for (int accepted = 0; accepted < kAcceptsPerTurn && !paused_ && !queue_.empty(); ++accepted) {
    if (host_.rules().accept_exhausted) {
      events_.onAcceptFailed(lb::IoStatus::Exhausted);
      if (gone) return;
      break;
    }
    acceptOne();
    if (gone) return;
  }
  gone_ = nullptr;
  changed();
}

}  // namespace sim::net
