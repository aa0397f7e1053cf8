// One direction of one connection between two hosts: packets arrive in the order in which they were sent.
#pragma once

#include <cstdint>

#include "sim/core/fifo.h"
#include "sim/core/world.h"
#include "sim/net/link.h"

namespace sim::net {

class Connection;

enum class Side : std::uint8_t { Client, Server };
constexpr Side other(Side side) {
  return side == Side::Client ? Side::Server : Side::Client;
}
constexpr std::size_t index(Side side) {
  return static_cast<std::size_t>(side);
}

struct Packet {
  enum class Kind : std::uint8_t {
    Connect,  // SYN
    Accept,   // SYN and ACK
    Confirm,  // the handshake's last ACK
    Data,     // `value`: the stream offset that it reaches
    Finish,   // FIN
    Window,   // `value`: the stream offset up to which the other side may send
    Reset,
    Ack,  // nothing but an acknowledgement
  };
  Kind kind{};
  std::uint64_t value = 0;
  std::uint64_t ack = 0;  // every packet says what its sender has received
  std::size_t bytes = 0;  // for the bandwidth
};

// Only the first of the packets in flight is planned in the world.
class Wire final : private Event {
 public:
  // What is lost is sent again after this time, then after twice of it, and so on.
  static constexpr Duration kFirstRepeat = std::chrono::milliseconds(200);
  static constexpr Duration kLongestRepeat = std::chrono::seconds(120);

  // The connection owns the wire, and the link outlives it; its rules may change.
  Wire(Connection& connection, Side from, World& world, Prng& chance, Link& link)
      : connection_(connection), from_(from), world_(world), chance_(chance), link_(link) {}
  ~Wire();

  void send(MonoTime at, const Packet& packet);
  void resume();         // after a stall
  void repeatNothing();  // what did not get through so far never will
  [[nodiscard]] bool blocked() const { return held_ || link_.blocked(); }
  [[nodiscard]] bool held() const { return held_; }
  [[nodiscard]] const LinkRules& rules() const { return link_.rules; }
  [[nodiscard]] bool empty() const { return flying_.empty(); }

 private:
  struct Flight {
    MonoTime arrival;
    Packet packet;
  };
  void happen() override;  // the first packet arrives
  void planFirst();
  void deliver();
  void lose();
  void hold();
  void repeat();

  Connection& connection_;
  Side from_;
  World& world_;
  Prng& chance_;
  Link& link_;
  Fifo<Flight> flying_;
  MonoTime line_free_{};
  MonoTime last_arrival_{};
  std::uint64_t delivered_ = 0;  // bytes of the stream
  bool held_ = false;            // the link knows
  Duration last_repeat_{};       // of the first packet; zero: it was not lost yet
};

}  // namespace sim::net
