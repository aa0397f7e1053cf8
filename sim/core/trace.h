// The record of a run for people: what was sent, what arrived, what the programs said, which faults were on, as typed
// data that the renderers of sim/report turn into text, JSON, pcap and a page.
//
// A world without a trace pays one branch for each packet. Events are kept in the order in which they happened; when
// there are too many, the oldest go. What a connection is and how far it got is kept beside them, for its end's sake.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <limits>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lb/base/address.h"
#include "sim/core/world.h"

namespace sim {

enum class TraceKind : std::uint8_t {
  // Packets of a connection. Each has a stage: it is sent, and later it arrives.
  Connect,  // SYN
  Accept,   // SYN and ACK
  Confirm,  // the handshake's last ACK
  Data,     // `bytes` holds them, when sent
  Finish,   // FIN
  Window,   // `offset`: up to where the other side may send
  Reset,
  // What one end of a connection does by itself.
  ConnectFailed,  // `text` says why
  Close,          // the program has let go of it
  // What belongs to no connection. `who` is whose it is.
  FaultOn,
  FaultOff,
  Log,     // a line of the proxy's own log
  Access,  // a line of its access log
  Note,    // what an actor or an observer has to say
  Violation,
};

enum class TraceStage : std::uint8_t { Sent, Arrived, Local };
enum class TraceEnd : std::uint8_t { Client, Server };

[[nodiscard]] const char* toString(TraceKind kind);
[[nodiscard]] bool isPacket(TraceKind kind);
[[nodiscard]] constexpr TraceEnd other(TraceEnd end) {
  return end == TraceEnd::Client ? TraceEnd::Server : TraceEnd::Client;
}

struct TraceEvent {
  MonoTime time{};
  std::uint64_t event = 0;  // the number of the world's event in which it happened
  TraceKind kind = TraceKind::Note;
  TraceStage stage = TraceStage::Local;
  TraceEnd from = TraceEnd::Client;  // of a packet: who sent it; of Close and ConnectFailed: whose end
  std::uint64_t connection = 0;      // 0: none
  std::uint64_t offset = 0;          // of Data: where in the stream it begins
  std::uint64_t size = 0;            // of Data
  std::string text{};                // of Data, when sent: the bytes
  std::string who{};
};

// One connection and how far it has got.
struct TraceConnection {
  enum class State : std::uint8_t { Connecting, Open, Failed, Closed };
  struct End {
    std::string host;
    std::string owner;  // the loop or the actor that holds it; empty: nobody so far
    lb::Address address;
    std::uint64_t window = 0;  // how much it takes before it has read anything
    State state = State::Connecting;
    bool reset = false;  // a reset has arrived here
  };
  struct Flow {  // of the bytes that this end sends
    std::uint64_t sent = 0;
    std::uint64_t arrived = 0;
    std::uint64_t read = 0;  // by the program at the other end
    bool finish_sent = false;
    bool finish_arrived = false;
  };
  std::array<End, 2> ends;    // by TraceEnd
  std::array<Flow, 2> flows;  // by the TraceEnd that sends
};

class Trace {
 public:
  struct Limits {
    std::size_t events_max = 1'000'000;
    std::size_t bytes_max = 256 << 20;  // of texts and data together
    std::size_t connections_max = 100'000;
  };

  explicit Trace(const World& world) : Trace(world, Limits()) {}
  Trace(const World& world, const Limits& limits) : world_(world), limits_(limits) {}
  Trace(const Trace&) = delete;
  Trace& operator=(const Trace&) = delete;

  // For actors and observers.
  void note(std::string_view who, std::string_view text) { add(TraceKind::Note, who, text); }
  void log(std::string_view who, std::string_view line) { add(TraceKind::Log, who, line); }
  void access(std::string_view who, std::string_view line) { add(TraceKind::Access, who, line); }
  // `name` is the kind of the fault, `who` the host it strikes; one that ends has the same of both as it began with.
  void fault(std::string_view name, std::string_view who, bool on);
  void allHealedBut(std::string_view name);  // which stays
  void violation(std::string_view invariant, std::string_view what);
  // Of an end that has this address: whose it is. By default it is its event loop's.
  void nameEnd(const lb::Address& address, std::string_view name);

  // Nothing that happens in later events of the world is kept.
  void endAfter(std::uint64_t event) { last_event_ = event; }

  // For sim/net.
  void loop(std::uint64_t id, std::string_view name) { loops_[id] = name; }
  void connection(std::uint64_t id, TraceConnection about);
  void owner(std::uint64_t connection, TraceEnd end, std::uint64_t loop);
  void packet(MonoTime at, std::uint64_t connection, TraceKind kind, TraceStage stage, TraceEnd from,
              std::uint64_t offset = 0, std::uint64_t size = 0, std::string bytes = {});
  void read(std::uint64_t connection, TraceEnd reader, std::uint64_t bytes);
  void connectFailed(std::uint64_t connection, std::string_view why);
  void closed(MonoTime at, std::uint64_t connection, TraceEnd end);

  [[nodiscard]] const std::deque<TraceEvent>& events() const { return events_; }
  [[nodiscard]] std::uint64_t dropped() const { return dropped_; }  // events that had to go
  [[nodiscard]] const std::map<std::uint64_t, TraceConnection>& connections() const { return connections_; }
  [[nodiscard]] const TraceConnection* find(std::uint64_t connection) const;  // null: it had to go

 private:
  void add(TraceKind kind, std::string_view who, std::string_view text);
  void push(TraceEvent event);
  TraceConnection* change(std::uint64_t connection);

  const World& world_;
  Limits limits_;
  std::deque<TraceEvent> events_;
  std::size_t bytes_ = 0;
  std::uint64_t last_event_ = std::numeric_limits<std::uint64_t>::max();
  std::uint64_t dropped_ = 0;
  std::map<std::uint64_t, TraceConnection> connections_;  // ids grow, so the oldest comes first
  std::map<std::uint64_t, std::string> loops_;
  std::vector<std::pair<std::string, std::string>> faults_;  // that are on: name, who
};

}  // namespace sim
