// A rehearsal as plain data: what a scenario file says, with every default filled in and every name resolved.
//
// Times count from the end of the warm-up. Backends are named by their index in the layout, services likewise.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lb/config/config.h"
#include "sim/model/arrivals.h"
#include "sim/model/distribution.h"
#include "sim/model/script.h"
#include "sim/rehearse/expect.h"
#include "sim/rehearse/layout.h"

namespace sim::rehearse {

using lb::Duration;
using namespace std::chrono_literals;

inline constexpr Duration kDurationMax = std::chrono::hours(24);
inline constexpr double kRequestsMax = 5'000'000;  // of one rehearsal: each is kept until the end
inline constexpr std::size_t kStreamsMax = 64;
inline constexpr std::size_t kFaultsMax = 1000;

struct RequestKind {
  std::string method = "GET";
  std::string path = "/";
  std::uint32_t weight = 1;
  model::Distribution body;  // bytes
  model::Distribution response = model::Distribution::constantBytes(1024);
};

struct Stream {
  std::string name;
  std::string host;
  std::size_t service = 0;
  std::vector<model::RatePoint> rate;  // its times, as all others, from the end of the warm-up
  model::Arrivals::Kind arrivals = model::Arrivals::Kind::Poisson;
  Duration patience = 10s;
  bool keep_alive = true;
  std::uint32_t connections = 10'000;  // at once; a request that needs one more fails
  std::vector<RequestKind> requests;
};

// What does not change during a rehearsal but by faults.
struct Behaviour {
  model::Distribution latency = model::Distribution::constant(10ms);  // of work for a request
  std::uint32_t concurrency = 0;                                      // requests worked on at once; 0: no limit
  std::uint32_t queue = 1000;                                         // that wait for it; beyond: 503
  std::uint32_t error_ppm = 0;                                        // of answers, in parts of a million
  std::uint32_t error_status = 500;
};

// What a scenario says of a behaviour; what it leaves out stays as it is.
struct BehaviourPatch {
  std::optional<model::Distribution> latency;
  std::optional<std::uint32_t> concurrency;
  std::optional<std::uint32_t> queue;
  std::optional<std::uint32_t> error_ppm;
  std::optional<std::uint32_t> error_status;
  void apply(Behaviour& to) const;
};

struct BackendRule {
  std::vector<std::size_t> backends;
  BehaviourPatch patch;
  struct Change {
    Duration at{};
    BehaviourPatch patch;  // without concurrency and queue
  };
  std::vector<Change> changes;
};

// One side of the network.
struct Side {
  enum class Kind : std::uint8_t { Clients, Lb, Backends };
  Kind kind = Kind::Lb;
  std::vector<std::size_t> backends;
};

struct LinkPatch {
  std::optional<Duration> latency;
  std::optional<Duration> jitter;
  std::optional<std::uint64_t> bandwidth;
};

struct NetworkRule {
  std::array<Side, 2> between;
  LinkPatch patch;
};

enum class FaultKind : std::uint8_t {
  Crash,
  Stop,
  Restart,
  Reset,
  Refuse,
  BlackHole,
  Hang,
  Slow,
  Errors,
  Pause,
  Partition,
  Network,
  Dns,
  Reload,
  Drain,
  Outage,  // of a replay: from then on its kept connections are of no use either
};

// Whom a backend fails: a gray failure is one that its checks do not see, or that only they see.
enum class Whom : std::uint8_t { All, Users, Checks };

struct Fault {
  FaultKind kind{};
  Duration at{};
  Duration length{};  // zero: until the end, or a restart
  std::string text;   // for people: "crash 10.0.0.3:8080"
  std::vector<std::size_t> backends;
  bool of_lb = false;     // Pause
  Whom only = Whom::All;  // Hang, Slow, Errors
  double factor = 1;      // Slow
  std::uint32_t error_ppm = 0, error_status = 500;
  std::array<Side, 2> between;  // Partition, Network; a partition holds up what goes from the first to the second
  bool both_ways = true;        // Partition
  LinkPatch link;
  std::string name;  // Dns
  NamePatch answer;
  std::shared_ptr<const lb::config::Config> config;  // Reload

  [[nodiscard]] bool befalls(Whom whom) const { return only == Whom::All || whom == Whom::All || only == whom; }
};

// Traffic and answers from a log (sim/replay).
struct Recording {
  struct Ask {
    std::string method;
    std::string host;
    std::string path;
    std::size_t service = 0;
  };
  std::vector<Ask> asks;  // the rows that the script's requests name
  model::Script script;
};

struct Scenario {
  Duration duration = 60s;
  Duration warmup{};
  std::uint64_t seed = 1;
  std::uint32_t threads = 2;  // what `auto` stands for
  std::uint32_t max_connections = 10'000;
  Layout layout;
  std::vector<Stream> traffic;
  // Not null: `traffic` is one stream, whose requests these are, and backends answer as recorded.
  std::shared_ptr<const Recording> recording;
  std::vector<BackendRule> backends;
  std::vector<NetworkRule> network;
  std::vector<Fault> faults;
  std::vector<Expectation> expectations;
};

}  // namespace sim::rehearse
