// One TCP connection: two ends, a flow of bytes from each to the other, and the rules of how it begins and ends.
//
// An end is held by a SimStream from connect or accept until the stream is destroyed. The connection itself lives until
// the last packet has arrived, so that what was written before a close is still delivered; then it removes itself.
//   - A reset that arrives leaves what was received before it readable; a FIN that came before it was a proper end.
//   - Closing with unread bytes resets; so does any byte that arrives at an end that is closed.
#pragma once

#include <array>

#include "lb/env/stream.h"
#include "sim/net/byte_queue.h"
#include "sim/net/wire.h"

namespace sim::net {

class Fabric;
class Host;
class SimListener;
class SimStream;

class Connection final {
 public:
  // The system tries again after one second, two, four ..., and gives up after 127.
  static constexpr Duration kFirstRetry = std::chrono::seconds(1);
  static constexpr std::uint64_t kRetries = 6;

  Connection(Fabric& fabric, Host& from, Host& to, const lb::Address& local, const lb::Address& remote);

  void connect(MonoTime at);
  void failToConnect(lb::IoStatus why);  // instead of connect()
  void attach(Side side, SimStream& stream);

  lb::IoResult read(Side side, std::span<const lb::Space> into, MonoTime at);
  lb::IoResult write(Side side, std::span<const lb::Bytes> from, MonoTime at);
  lb::IoStatus finish(Side side, MonoTime at);
  void abort(Side side, MonoTime at);
  void close(Side side, MonoTime at);  // may destroy this object
  [[nodiscard]] lb::Interest ready(Side side) const;

  [[nodiscard]] lb::Address addressOf(Side side) const { return addresses_[index(side)]; }
  [[nodiscard]] std::uint64_t id() const { return id_; }
  // What the side has received and not read; for observers of the world.
  [[nodiscard]] std::size_t unread(Side side) const;
  [[nodiscard]] bool held(Side side) const { return end(side).stream != nullptr; }     // by its program
  [[nodiscard]] bool finished(Side side) const { return flow(side).finish_wanted; }    // sends no more
  [[nodiscard]] std::uint64_t written(Side side) const { return flow(side).written; }  // bytes, ever
  [[nodiscard]] bool blocked(Side side) const;  // its program has more to write than the connection takes

  // For the other classes of sim/net.
  void arrived(Side side, const Packet& packet);  // may destroy this object
  [[nodiscard]] std::size_t place() const { return place_; }
  void setPlace(std::size_t place) { place_ = place; }

 private:
  enum class Phase : std::uint8_t { Connecting, Open, Failed, Closed };

  struct End {
    Host* host = nullptr;
    SimStream* stream = nullptr;
    Phase phase = Phase::Connecting;
    lb::IoStatus failure = lb::IoStatus::Ok;
    bool reset_arrived = false;
  };

  // A time at which the connection does something by itself.
  class Alarm final : public Event {
   public:
    Alarm(Connection& connection, void (Connection::*ring)()) : connection_(connection), ring_(ring) {}
    void happen() override { (connection_.*ring_)(); }  // may destroy this object

   private:
    Connection& connection_;
    void (Connection::*ring_)();
  };

  // Offsets count from the beginning of the connection: read <= arrived <= sent <= written, and sent <= edge.
  struct Flow {
    ByteQueue bytes;  // from `read` to `written`
    std::uint64_t read = 0;
    std::uint64_t arrived = 0;
    std::uint64_t sent = 0;
    std::uint64_t written = 0;
    std::uint64_t edge = 0;       // how far the receiver's window lets the sender go
    std::uint64_t announced = 0;  // the latest edge that the receiver sent
    bool finish_wanted = false;
    bool finish_sent = false;
    bool finish_arrived = false;
  };

  [[nodiscard]] End& end(Side side) { return ends_[index(side)]; }
  [[nodiscard]] const End& end(Side side) const { return ends_[index(side)]; }
  [[nodiscard]] Flow& flow(Side from) { return flows_[index(from)]; }
  [[nodiscard]] const Flow& flow(Side from) const { return flows_[index(from)]; }
  void send(Side from, MonoTime at, const Packet& packet) {
    if (world_.trace() != nullptr) [[unlikely]]
      tracePacket(from, at, packet, false);
    wires_[index(from)].send(at, packet);
  }

  // connection_trace.cc. REQUIRES of all: the world has a trace.
  void traceBirth() const;
  void tracePacket(Side from, MonoTime at, const Packet& packet, bool arrives) const;
  void traceRead(Side side, std::size_t bytes) const;
  void traceFailure(lb::IoStatus why) const;
  void traceClose(Side side, MonoTime at) const;

  // handshake.cc
  void onConnect();
  void onAccept();
  void onConfirm();
  void tryAgain();
  void queueAtListener();
  void connectFailed(lb::IoStatus why);
  void notify(Side side);

  [[nodiscard]] std::size_t room(Side side) const;
  void pump(Side side, MonoTime at);
  void announceWindow(Side side, MonoTime at);
  void dropUnsent(Side side);
  void onData(Side side, const Packet& packet);
  void onReset(Side side);
  void take(Side side, const Packet& packet);
  void letGo(Side side, MonoTime at);
  void releasePort();
  void removeIfOver();

  Fabric& fabric_;
  World& world_;
  std::uint64_t id_;
  std::array<lb::Address, 2> addresses_;
  std::array<End, 2> ends_;
  std::array<Flow, 2> flows_;
  std::array<Wire, 2> wires_;
  Alarm retry_{*this, &Connection::tryAgain};
  std::uint64_t tries_ = 0;  // to connect, after the first
  bool port_held_ = true;
  bool queued_ = false;    // at a listener
  std::size_t place_ = 0;  // among the fabric's connections
};

}  // namespace sim::net
