// A listening port, and the queue in which the system keeps connections until somebody accepts them.
#pragma once

#include <deque>

#include "lb/env/network.h"
#include "sim/net/connection.h"
#include "sim/net/host.h"
#include "sim/net/sim_loop.h"

namespace sim::net {

class SimListener final : public lb::Listener, private IoItem {
 public:
  static constexpr int kAcceptsPerTurn = 64;

  SimListener(SimLoop& loop, Host& host, const lb::Address& at, lb::AcceptEvents& events);
  ~SimListener() override;
  [[nodiscard]] lb::Address local() const override { return local_; }
  void pause(bool paused) override;

  void enqueue(Connection& connection);
  void forget();  // its host has been switched off
  [[nodiscard]] std::size_t waiting() const { return queue_.size(); }

 private:
  void onIo() override;
  void acceptOne();
  void changed();

  SimLoop& loop_;
  Host& host_;
  lb::Address local_;
  lb::AcceptEvents& events_;
  std::deque<Connection*> queue_;
  bool paused_ = false;
  bool* gone_ = nullptr;  // set while events are being told, which may destroy this object
};

}  // namespace sim::net
