// Listening and connecting from one host, for one loop on it.
#pragma once

#include "lb/env/network.h"
#include "sim/net/fabric.h"
#include "sim/net/sim_loop.h"

namespace sim::net {

class SimNetwork final : public lb::Network {
 public:
  SimNetwork(SimLoop& loop, Fabric& fabric, Host& host) : loop_(loop), fabric_(fabric), host_(host) {}
  [[nodiscard]] lb::Result<std::unique_ptr<lb::Listener>> listen(const lb::Address& at,
                                                                 lb::AcceptEvents& events) override;
  [[nodiscard]] std::unique_ptr<lb::Stream> connect(const lb::Address& to) override;

 private:
  SimLoop& loop_;
  Fabric& fabric_;
  Host& host_;
};

}  // namespace sim::net
