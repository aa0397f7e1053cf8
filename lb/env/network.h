// Listening and connecting.
#pragma once

#include <memory>

#include "lb/base/result.h"
#include "lb/env/stream.h"

namespace lb {

class AcceptEvents {
 public:
  virtual void onAccept(std::unique_ptr<Stream> stream) = 0;
  // A connection waits but cannot be accepted (Exhausted: no descriptors). Comes again at once while the listener is
  // not paused: the receiver pauses it and decides when to try again.
  virtual void onAcceptFailed(IoStatus why) = 0;

 protected:
  ~AcceptEvents() = default;
};

// Destroying a listener stops listening; connections that the system had queued are offered to onAccept first, so that
// a graceful stop does not reset clients that were already connected.
class Listener {
 public:
  virtual ~Listener() = default;
  [[nodiscard]] virtual Address local() const = 0;
  virtual void pause(bool paused) = 0;  // a paused listener leaves new connections in the system's queue
};

class Network {
 public:
  virtual ~Network() = default;
  // Port 0 picks a free one. Several workers may listen on the same address; the system spreads connections over them.
  [[nodiscard]] virtual Result<std::unique_ptr<Listener>> listen(const Address& at, AcceptEvents& events) = 0;
  // Never null. Ready for Write once connected; a failure is what the next read or write returns.
  [[nodiscard]] virtual std::unique_ptr<Stream> connect(const Address& to) = 0;
};

}  // namespace lb
