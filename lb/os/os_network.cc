// Only a door: the work is in OsListener and OsStream.
#include "lb/os/os_network.h"

#include "lb/os/os_listener.h"
#include "lb/os/os_stream.h"

namespace lb::os {

Result<std::unique_ptr<Listener>> OsNetwork::listen(const Address& at, AcceptEvents& events) {
  return OsListener::open(loop_, at, events);
}

std::unique_ptr<Stream> OsNetwork::connect(const Address& to) {
  return OsStream::connecting(loop_, to);
}

}  // namespace lb::os
