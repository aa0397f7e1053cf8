// A byte stream between two hosts: what is left of TCP when sockets are taken away.
//
// Life: a Stream comes from Network::connect or AcceptEvents::onAccept, is bound to its events once, and is destroyed
// by its owner. Destroying it closes it: gracefully if finish() was called and everything received was read, with a
// reset if unread bytes remain (as TCP does). It must not be destroyed inside its own onReady; hand it to Loop::retire.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "lb/base/address.h"
#include "lb/env/loop.h"

namespace lb {

using Bytes = std::span<const std::byte>;
using Space = std::span<std::byte>;

enum class IoStatus : std::uint8_t {
  Ok,
  WouldBlock,
  Eof,          // read only: the other side sent FIN, and everything before it has been read
  Reset,        // the connection was reset, or written to after the other side closed
  Refused,      // connect only
  TimedOut,     // the operating system gave up
  Unreachable,  // no route, host down
  Exhausted,    // out of descriptors, ports or memory on this machine
  TlsError,
};
[[nodiscard]] const char* toString(IoStatus status);

struct [[nodiscard]] IoResult {
  std::size_t bytes = 0;  // transferred; more than 0 only with Ok
  IoStatus status = IoStatus::Ok;
};

// Reset: the connection is gone, however much of what came before has not been read. For who does not want to read.
enum class Interest : std::uint8_t { None = 0, Read = 1, Write = 2, Both = 3, Reset = 4 };
constexpr bool has(Interest set, Interest one) {
  return (static_cast<std::uint8_t>(set) & static_cast<std::uint8_t>(one)) != 0;
}
constexpr Interest operator|(Interest a, Interest b) {
  return static_cast<Interest>(static_cast<std::uint8_t>(a) | static_cast<std::uint8_t>(b));
}
constexpr Interest operator&(Interest a, Interest b) {
  return static_cast<Interest>(static_cast<std::uint8_t>(a) & static_cast<std::uint8_t>(b));
}

class StreamEvents {
 public:
  // Something wanted is possible. It may be spurious: read and write tell the truth. A connection that was reset or
  // could not be made is ready for everything that is wanted, and read or write then return why.
  virtual void onReady(Interest ready) = 0;

 protected:
  ~StreamEvents() = default;
};

class Stream : public Disposable {
 public:
  virtual void bind(StreamEvents* events) = 0;
  // Level-triggered in meaning: while a wanted direction is possible, onReady comes, always in a later callback and
  // never from inside want, read or write. The only flow control.
  virtual void want(Interest interest) = 0;
  // Fills the spaces in order. It asks the system even if nothing was announced. Ok with bytes > 0 (if the spaces are
  // not all empty), else the status says why not.
  virtual IoResult read(std::span<const Space> into) = 0;
  // Takes from the pieces in order, maybe not all; never 0 bytes with Ok. WouldBlock while not yet connected.
  virtual IoResult write(std::span<const Bytes> from) = 0;
  virtual IoStatus finish() = 0;  // half close: FIN after what was written; reading goes on
  virtual void abort() = 0;       // reset, now; the stream is dead afterwards and no event comes
  [[nodiscard]] virtual const Address& remote() const = 0;
  [[nodiscard]] virtual const Address& local() const = 0;  // the first time may cost a system call
};

}  // namespace lb
