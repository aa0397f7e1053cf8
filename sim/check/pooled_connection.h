// A connection of the proxy's pool, as the backend at its other end sees it: may another request come on it?
//
// What is judged is certain whatever the network does: a request that comes too late, one too many, or on a connection
// whose end the proxy must have seen. Where that needs the network to be well, the caller says how long it may take.
#pragma once

#include <cstdint>
#include <string>

#include "lb/config/config.h"
#include "lb/env/clock.h"

namespace sim::check {

using lb::Duration;
using lb::MonoTime;

class PooledConnection {
 public:
  explicit PooledConnection(MonoTime accepted) : accepted_(accepted) {}

  // The first byte of a request has come. Gives what is wrong with that; empty if nothing is. `delivery`: how long what
  // the backend did last may have taken to be noticed; Duration::max() if nobody knows.
  [[nodiscard]] std::string onRequest(const lb::config::Pool& pool, MonoTime now, Duration delivery);

  // That request said Connection: close.
  void onSaidClose() { said_close_ = true; }
  // The last byte of an answer was given to the network.
  void onAnswered(MonoTime now) { answered_ = now; }
  // So were bytes that nobody asked for, or a FIN.
  void onSpoilt(MonoTime now, const char* how);

  [[nodiscard]] MonoTime answered() const { return answered_; }

 private:
  MonoTime accepted_;
  MonoTime answered_{};
  MonoTime spoilt_{};
  const char* how_ = nullptr;
  std::uint64_t requests_ = 0;
  bool said_close_ = false;
};

}  // namespace sim::check
