// The machines of one stream's clients as one network: who connects does so from the first that has a port left.
#pragma once

#include <vector>

#include "lb/env/network.h"
#include "sim/net/sim_network.h"

namespace sim::rehearse {

class Crowd final : public lb::Network {
 public:
  // REQUIRES: at least one machine. Ports are counted whatever they lead to, so all connections go to one address.
  Crowd(net::SimLoop& loop, net::Fabric& fabric, const std::vector<net::Host*>& machines);

  [[nodiscard]] lb::Result<std::unique_ptr<lb::Listener>> listen(const lb::Address& at,
                                                                 lb::AcceptEvents& events) override;
  [[nodiscard]] std::unique_ptr<lb::Stream> connect(const lb::Address& to) override;

 private:
  struct Machine {
    const net::Host* host;
    net::SimNetwork network;
  };
  std::vector<Machine> machines_;
};

}  // namespace sim::rehearse
