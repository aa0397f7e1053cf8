// One direction of one connection between two hosts: packets arrive in the order in which they were sent.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>

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
  };
  Kind kind{};
  std::uint64_t value = 0;
  std::size_t bytes = 0;  // for the bandwidth
};

class Wire {
 public:
  Wire(World& world, Prng& chance, Link& link, Side from)  // the link outlives the wire; its rules may change
      : world_(world), chance_(chance), link_(link), from_(from) {}

  void send(Connection& connection, MonoTime at, const Packet& packet);
  void resume(Connection& connection);  // after a stall
  [[nodiscard]] const LinkRules& rules() const { return link_.rules; }

 private:
  struct Flight {
    MonoTime arrival;
    Packet packet;
  };
  void arrive(const std::shared_ptr<Connection>& connection);

  World& world_;
  Prng& chance_;
  Link& link_;
  Side from_;
  std::deque<Flight> flying_;
  std::size_t due_ = 0;  // arrivals that a stall holds back
  MonoTime line_free_{};
  MonoTime last_arrival_{};
  bool held_ = false;
};

}  // namespace sim::net
