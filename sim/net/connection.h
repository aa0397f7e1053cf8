// One TCP connection: two ends, a flow of bytes from each to the other, and the rules of how it begins and ends.
//
// An end is held by a SimStream from connect or accept until the stream is destroyed. The connection itself lives until
// the last packet has arrived, so that what was written before a close is still delivered; then it removes itself.
//   - A reset that arrives leaves what was received before it readable; a FIN that came before it was a proper end.
//   - Closing with unread bytes resets.
//   - A system that has forgotten a connection (reset, given up, switched off) answers whatever arrives with a reset.
//   - What a stall holds up is sent again until it arrives or the sender's patience ends; attempts to connect and
//   resets
//     are not.
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
  // How long a system repeats its answer to an attempt that is not confirmed, or finds no room in the backlog.
  static constexpr Duration kAnswerPatience = std::chrono::seconds(63);
  static constexpr std::uint64_t kAnswerRetries = 5;
  // How long it repeats data that nobody acknowledges: Linux's 15 times, and 8 when the process has closed already.
  static constexpr Duration kPatience = std::chrono::milliseconds(924'600);
  static constexpr Duration kPatienceWhenClosed = std::chrono::milliseconds(102'200);

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
  void lost(Packet::Kind kind);                   // a packet, for good; may destroy this object
  void delayed();                                 // packets are held up, or have to be sent again
  void hostGone(const Host& host);                // may destroy this object
  [[nodiscard]] bool forgottenBy(Side side) const { return end(side).forgotten; }
  [[nodiscard]] std::size_t place() const { return place_; }
  void setPlace(std::size_t place) { place_ = place; }

 private:
  enum class Phase : std::uint8_t { Connecting, Open, Failed, Closed };  // as the holder of the stream sees it
  enum class Port : std::uint8_t { Held, Waiting, Free };

  struct End {
    Host* host = nullptr;
    SimStream* stream = nullptr;
    Phase phase = Phase::Connecting;
    lb::IoStatus failure = lb::IoStatus::Ok;
    bool forgotten = false;  // by the system
  };

  // Offsets count from the beginning of the connection: read <= arrived <= sent <= written, and sent <= edge. A FIN
  // counts as one more where acknowledgements are concerned.
  struct Flow {
    ByteQueue bytes;  // from `read` to `written`
    std::uint64_t read = 0;
    std::uint64_t arrived = 0;
    std::uint64_t acked = 0;  // the sender knows that this has arrived; it keeps the rest in its buffer
    std::uint64_t sent = 0;
    std::uint64_t written = 0;
    std::uint64_t edge = 0;       // how far the receiver's window lets the sender go
    std::uint64_t announced = 0;  // the latest edge that the receiver sent
    std::uint64_t ack_sent = 0;   // the latest acknowledgement, alone or with something else
    std::uint64_t settled = 0;    // arrived while the way back was open: it needs no repeating
    bool ack_wanted = false;      // the sender waits for room
    bool finish_wanted = false;
    bool finish_sent = false;
    bool finish_sent_first = false;
    bool finish_arrived = false;
  };

  // A time at which the connection does something by itself.
  class Alarm final : public Event {
   public:
    using Ring = void (Connection::*)();
    Alarm(Connection& connection, Ring ring) : connection_(connection), ring_(ring) {}
    void happen() override {  // may destroy this object
      Connection& connection = connection_;
      (connection.*ring_)();
      connection.removeIfOver();
    }

   private:
    Connection& connection_;
    Ring ring_;
  };

  [[nodiscard]] End& end(Side side) { return ends_[index(side)]; }
  [[nodiscard]] const End& end(Side side) const { return ends_[index(side)]; }
  [[nodiscard]] Flow& flow(Side from) { return flows_[index(from)]; }
  [[nodiscard]] const Flow& flow(Side from) const { return flows_[index(from)]; }
  [[nodiscard]] Wire& wire(Side from) { return wires_[index(from)]; }
  void send(Side from, MonoTime at, Packet packet);

  // connection_trace.cc. REQUIRES of all: the world has a trace.
  void traceBirth() const;
  void tracePacket(Side from, MonoTime at, const Packet& packet, bool arrives) const;
  void traceRead(Side side, std::size_t bytes) const;
  void traceFailure(Side side, lb::IoStatus why) const;
  void traceClose(Side side, MonoTime at) const;

  // connection.cc
  [[nodiscard]] std::size_t room(Side side) const;
  [[nodiscard]] bool roomIsWorthIt(Side side) const;
  void pump(Side side, MonoTime at);
  void announceWindow(Side side, MonoTime at);
  void wantAck(Side side, MonoTime at);
  void letGo(Side side, MonoTime at);
  void notify(Side side);
  void removeIfOver();

  // handshake.cc
  void onConnect();
  void onAccept();
  void onConfirm();
  void tryAgain();
  void queueAtListener();

  // arrival.cc
  void take(Side side, const Packet& packet);
  void onData(Side side, const Packet& packet);
  void onFinish(Side side);
  void onAck(Side side, std::uint64_t ack);
  void answerArrival(Side side);

  // trouble.cc
  [[nodiscard]] bool outstanding(Side side) const;
  void fail(Side side, lb::IoStatus why);
  void forget(Side side);
  void clientGivesUp() { fail(Side::Client, lb::IoStatus::TimedOut); }
  void serverGivesUp() { fail(Side::Server, lb::IoStatus::TimedOut); }
  void progress(Side side);
  [[nodiscard]] Duration patienceOf(Side side) const;
  void releasePort();

  Fabric& fabric_;
  World& world_;
  std::uint64_t id_;
  std::array<lb::Address, 2> addresses_;
  std::array<End, 2> ends_;
  std::array<Flow, 2> flows_;
  std::array<Wire, 2> wires_;
  Alarm retry_{*this, &Connection::tryAgain};
  Alarm queue_again_{*this, &Connection::queueAtListener};
  std::array<Alarm, 2> patience_{Alarm(*this, &Connection::clientGivesUp), Alarm(*this, &Connection::serverGivesUp)};
  std::uint64_t tries_ = 0;        // to connect, after the first
  std::uint64_t queue_tries_ = 0;  // to find room in the backlog, after the first
  bool confirmed_ = false;         // the server knows that the handshake is over
  bool queued_ = false;            // at a listener
  Port port_ = Port::Held;         // of the client
  MonoTime port_until_{};          // if it waits
  std::size_t place_ = 0;          // among the fabric's connections
};

}  // namespace sim::net
