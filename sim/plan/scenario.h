// One run as plain data: the proxy's configuration, who asks for what and how, what the backends answer, and what goes
// wrong when. A run draws nothing of its own but the world's ties and jitter; everything else stands here and can be
// printed.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lb/config/config.h"
#include "sim/core/chance.h"

namespace sim::plan {

using lb::Duration;

enum class Framing : std::uint8_t { None, Length, Chunked, UntilClose };

// What a backend does wrong with one answer.
enum class AnswerFault : std::uint8_t {
  None,
  NoAnswerClose,
  NoAnswerReset,
  Silence,         // takes the request and never answers
  CutClose,        // ends in the middle, with a FIN
  CutReset,        // ends in the middle, with a reset
  Garbage,         // something that is not HTTP
  HugeHead,        // a head that has no end
  TrailingBytes,   // bytes that nobody asked for, right behind the answer
  IdleBytes,       // the same, some time later
  SilentClose,     // closes after the answer without having said so
  Early,           // answers before the request's body has come, and reads it anyway
  EarlyReset,      // answers before the request's body has come, and resets
  StopsReading,    // takes the head and nothing more
  EarlyClose,      // answers before the request's body has come, and closes without reading it: the system resets
  LengthTooLarge,  // announces more bytes than it sends, and stays
  LengthTooSmall,  // announces half of the bytes that it sends
  BadChunk,        // the last chunk is larger than its size says
  SaysClose,       // says Connection: close, and leaves that to the other side
  IdleAnswer,      // the same answer again, some time later, to nobody
  Unavailable,     // 503 instead, whoever is asked first
  ResetAfter,      // a reset right behind the whole answer
};

struct Answer {
  int status = 200;
  Framing framing = Framing::Length;
  std::uint32_t bytes = 0;
  std::uint32_t chunk = 1000;
  Duration delay{};
  std::uint32_t piece = 0;  // bytes of one write; 0: all at once
  Duration gap{};           // between pieces
  bool interim = false;
  bool trailers = false;
  std::uint32_t fields = 0;
  bool close = false;         // says Connection: close, and does
  bool duplex = false;        // half of it comes when the request's head is there, the rest when all of it is
  Duration continue_after{};  // before the 100 (Continue), if it says that
  AnswerFault fault = AnswerFault::None;
  std::uint32_t fault_at = 0;  // byte of the answer where a cut one ends, in per mille of its length
};

// What follows a 101: bytes in both directions at once, and who ends it how.
struct Tunnel {
  enum class End : std::uint8_t { Client, Backend, ClientReset, BackendReset };
  std::uint32_t up = 0;
  std::uint32_t down = 0;
  End end = End::Client;
  bool eager = false;  // the client begins before the 101 has come, and the backend speaks when it has heard it all
};

struct Request {
  std::uint64_t id = 0;
  std::string method = "GET";
  int service = 0;  // -1: a host nobody serves; -2: no host at all, as HTTP/1.0 has it
  bool http10 = false;
  bool keep_alive = false;  // asked for in HTTP/1.0
  bool close = false;
  bool expect = false;
  bool patient = false;  // waits for the 100 as long as that takes (RFC 9110 10.1.1), not for a moment only
  bool idempotency_key = false;
  bool hop_by_hop = false;    // fields that must not be passed on
  std::uint32_t fields = 0;   // further fields that must be, some of them twice
  std::uint32_t padding = 0;  // bytes that the query is longer
  bool words = false;         // the target tells be what to answer: status, bytes, delay, chunked
  int spelled = -1;           // a row of route_paths.h before its path
  bool canary = false;        // fields that routes look at and rules are about
  bool trailers = false;
  std::string affinity;  // a field line that decides where it goes: a key, a cookie; "": none
  int forwarded = -1;    // a row of forwarded.h, of whom it comes from
  bool upgrade = false;  // offered; the backend takes it if its status is 101
  Tunnel tunnel;
  Framing framing = Framing::None;
  std::uint32_t bytes = 0;
  std::uint32_t chunk = 1000;
  int malformed = -1;  // a row of the corpus of bad requests instead
  int cut_at = -1;     // per mille of its bytes after which the client does its worst
  Duration think{};    // before it, if nothing else is in flight
  Answer answer;
};

enum class Cut : std::uint8_t { Reset, HalfClose, Silence };
enum class Reading : std::uint8_t { Normal, Small, Never };

struct Client {
  Duration start{};
  std::uint32_t pipeline = 1;  // requests in flight
  std::uint32_t piece = 0;     // bytes of one write; 0: all at once
  Duration gap{};
  Reading reading = Reading::Normal;
  Duration pace{};  // between reads, if they are small
  Cut cut = Cut::Reset;
  bool half_close = false;  // after the last request
  bool second_port = false;
  Duration patience = std::chrono::seconds(30);
  std::vector<Request> requests;
};

enum class FaultKind : std::uint8_t {
  Stall,             // nothing arrives in either direction
  StallTo,           // nothing from the proxy arrives there
  StallFrom,         // nothing from there arrives at the proxy
  BlackHole,         // attempts to connect vanish
  Refuse,            // attempts to connect are reset
  Kill,              // the backend's process dies and comes back
  Slow,              // few bytes per second
  Pause,             // the process stands still: of a backend, or a worker of the proxy for kProxySide
  AcceptExhausted,   // no descriptors to accept with, at the proxy
  ConnectExhausted,  // nor to connect with
  DnsFails,          // the backend's name cannot be looked up
  DnsEmpty,          // it has no address
  DnsSilent,         // the question is not answered
  DnsMoves,          // it means the next backend
  WallJump,          // the wall clock is an hour off
  HangUp,            // the backend accepts and ends the connection at once: by a close, by a reset, in turn
  BacklogFull,       // no room where connections wait to be accepted: of a backend, or of the proxy for kProxySide
  FewPorts,          // the proxy has one port to connect from towards each address
  Sick,              // the backend ends every connection on which a user asks, and answers checks
  CheckSick,         // it fails its checks: by a 503, by an answer that trickles, in turn; and serves users
  DrainByHand,       // an operator drains it in every service, and enables it again
  WeighByHand,       // an operator gives it the weight 0 in every service, and takes that back
  Loss,              // of the packets between the proxy and it some are lost, and sent again
  Far,               // each way between the proxy and it is longer, from the beginning and for good
  DnsSlow,           // the question is answered late
  CutHandshake,      // whoever has connected gets a reset; the backend has never heard of it
};
constexpr int kClientsSide = -1;
constexpr int kProxySide = -2;

// What a fault waits for, if it is not for its time.
enum class Trigger : std::uint8_t {
  None,
  Request,  // so many bytes of the request's body have come to a backend; 0: its head
  Answer,   // so many of the answer's have come to the client
  Count,    // so many requests have come to backends, of all together
};

struct Fault {
  FaultKind kind{};
  Duration at{};  // since the storm began, or since what it waits for
  Duration length{};
  int who = 0;  // a backend, or kClientsSide, or kProxySide
  Trigger trigger = Trigger::None;
  std::uint64_t request = 0;  // whose bytes trigger it, or how many do
  std::uint32_t byte = 0;
  Duration more{};  // than otherwise: what each way takes if it is Far, and each answer about a name if that is slow
  std::uint64_t rate = 20'000;  // bytes per second of a connection and direction, if it is Slow
  std::uint32_t worker = 0;     // that stands still, if kProxySide pauses: modulo how many there are
};

struct Backend {
  Duration idle_close{};  // closes connections on which so long nothing was asked; zero: never
  bool be = false;        // is be's own code instead, which gives the planned answers only to requests with words
};

struct Network {
  Duration latency = std::chrono::microseconds(50);
  Duration jitter{};
  std::uint32_t segment_max = 16 * 1024;
  std::uint32_t window = 64 * 1024;  // of every host, for sending and receiving
  std::uint32_t short_io = 0;        // per cent of reads and writes that do less than they could
  Duration name_ttl = std::chrono::seconds(5);
};

struct Scenario {
  std::uint64_t seed = 0;
  std::vector<std::string> families;  // of faults and oddities that are on
  bool calm_only = false;             // nothing goes wrong: every request gets the answer planned for it
  bool drain_in_storm = false;        // instead of a calm
  Duration storm = std::chrono::seconds(20);
  std::uint32_t census = 0;  // requests to each service in the calm, to see how they are spread
  std::vector<Backend> backends;
  Network network;
  lb::config::Config config;
  std::vector<Duration> reloads;
  std::vector<Duration> touches;  // when the configuration is loaded again as it is, which changes nothing
  std::vector<Client> clients;
  std::vector<Fault> faults;

  [[nodiscard]] bool has(const std::string& family) const;
};

// How much longer than the others the way between the proxy and them is for good.
[[nodiscard]] Duration farness(const Scenario& scenario, int who);
[[nodiscard]] Duration farthest(const Scenario& scenario);  // of all
// What a packet takes on that way at most, in the storm, where nothing holds it up; and on any way.
[[nodiscard]] Duration longestWay(const Scenario& scenario, int who);
[[nodiscard]] Duration longestWay(const Scenario& scenario);

// How long a client with small reads may leave its proxy without room to write, at most: until a whole window is read.
[[nodiscard]] Duration slowestWindow(const Scenario& scenario, const Client& client);

[[nodiscard]] Scenario generate(std::uint64_t seed);

[[nodiscard]] std::string serviceHost(int service);  // the Host field of its requests
// Made once, for oracles that ask for them with every request.
[[nodiscard]] const std::string& backendIp(std::uint32_t number);
[[nodiscard]] const std::string& backendAddress(std::uint32_t number);  // with its port
[[nodiscard]] const std::string& backendName(
    std::uint32_t number);  // resolves to that address unless a fault says otherwise
constexpr Duration kReloadedHeaderTime = std::chrono::milliseconds(200);  // at most, after reloads that shorten it
constexpr Duration kContinueWait = std::chrono::milliseconds(300);  // of who is not patient: then the body is sent
constexpr std::uint32_t kSmallRead = 50;  // bytes at a time, of a client whose reads are small
constexpr std::uint16_t kBackendPort = 80;
constexpr std::uint16_t kProxyPort = 8080;
constexpr std::uint16_t kSecondPort = 8081;  // where the proxy listens as well, in scenarios with `listeners`
constexpr std::uint16_t kAdminPort = 9100;
inline constexpr const char* kProxyIp = "10.0.0.2";
inline constexpr const char* kClientIp = "10.0.0.1";

}  // namespace sim::plan
