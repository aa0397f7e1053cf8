// TCP of this machine for one loop.
#pragma once

#include "lb/env/network.h"
#include "lb/os/os_loop.h"

namespace lb::os {

class OsNetwork final : public Network {
 public:
  explicit OsNetwork(OsLoop& loop) : loop_(loop) {}
  [[nodiscard]] Result<std::unique_ptr<Listener>> listen(const Address& at, AcceptEvents& events) override;
  [[nodiscard]] std::unique_ptr<Stream> connect(const Address& to) override;

 private:
  OsLoop& loop_;
};

}  // namespace lb::os
