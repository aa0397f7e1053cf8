// See sim_network.h.
#include "sim/net/sim_network.h"

#include "sim/net/connection.h"
#include "sim/net/sim_listener.h"
#include "sim/net/sim_stream.h"

namespace sim::net {

lb::Result<std::unique_ptr<lb::Listener>> SimNetwork::listen(const lb::Address& at, lb::AcceptEvents& events) {
  if (!host_.has(at.ip)) return lb::fail("cannot listen on " + at.toString() + ": cannot assign requested address");
  lb::Address local = at;
  if (local.port == 0) local.port = host_.freeListenPort();
  return std::make_unique<SimListener>(loop_, host_, local, events);
}

std::unique_ptr<lb::Stream> SimNetwork::connect(const lb::Address& to) {
  Host* target = isLoopback(to.ip) ? &host_ : fabric_.hostAt(to.ip);
  const std::uint16_t port =
      host_.rules().connect_exhausted ? std::uint16_t{0} : host_.takePort(to, loop_.world().now());
  const lb::Address local{target == &host_ ? to.ip : host_.address(), port};
  Connection& connection = fabric_.addConnection(host_, target != nullptr ? *target : host_, local, to);
  if (port == 0) {
    connection.failToConnect(lb::IoStatus::Exhausted);
  } else if (target == nullptr) {
    host_.releasePort(port, to);
    connection.failToConnect(lb::IoStatus::Unreachable);
  } else {
    connection.connect(loop_.localTime());
  }
  return std::make_unique<SimStream>(loop_, connection, Side::Client);
}

}  // namespace sim::net
