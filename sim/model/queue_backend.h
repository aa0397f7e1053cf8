// An HTTP backend in front of a queueing station: every request is a job, and is answered when it has been served.
//
// Its behaviour changes by calls, so that a scenario can script it: slower, failing, down in several ways, up again.
// A request that is wrong in any byte is a violation. With a script each request brings its own answer.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sim/model/script.h"
#include "sim/model/station.h"
#include "sim/net/fabric.h"
#include "sim/net/sim_env.h"

namespace sim::model {

struct BackendPlan {
  std::uint32_t number = 0;  // what its answers call it
  std::uint16_t port = 80;
  std::optional<lb::IpAddress> ip{};  // where it listens; without it at its host's address
  StationPlan station{};
  Distribution answer{};                    // bytes of a body
  const Script* script = nullptr;           // instead of both laws; it outlives the backend
  bool drops_abandoned = false;             // stops working for whom has gone
  std::uint32_t connections_max = 100'000;  // more are reset
};

class QueueBackend final : private lb::AcceptEvents {
 public:
  enum class Mode : std::uint8_t {
    Up,
    Leave,      // the process ends as it should: nothing new is accepted, what is in work is still answered
    Refuse,     // the process is dead, the machine is not: resets for what is open and what is new
    Reset,      // accepts, and resets at once
    Hang,       // the process stands still: the system accepts, nothing is read or answered; later it goes on
    BlackHole,  // the machine is gone: packets vanish or wait, nothing is answered by anybody
  };
  struct Counters {
    std::uint64_t accepted = 0;
    std::uint64_t requests = 0;
    std::uint64_t answered = 0;    // of these, all below included
    std::uint64_t overloaded = 0;  // 503, the queue was full
    std::uint64_t failed = 0;      // by the error ratio
    std::uint64_t abandoned = 0;   // the connection ended before the answer
  };

  // `proxy`: the host between which and this one a black hole opens.
  QueueBackend(net::Fabric& fabric, net::Host& on, net::Host& proxy, BackendPlan plan);
  ~QueueBackend();

  void setMode(Mode mode);
  void setSlowdown(double factor) { station_.setSlowdown(factor); }
  void setService(Distribution law) { station_.setService(std::move(law)); }
  void setErrors(Ratio ratio, int status = 500);  // such a share of what has been served is answered with it

  [[nodiscard]] Mode mode() const { return mode_; }
  [[nodiscard]] const Counters& counters() const { return counters_; }
  [[nodiscard]] Station& station() { return station_; }
  [[nodiscard]] net::SimEnv& env() { return env_; }
  [[nodiscard]] std::size_t connectionsOpen() const { return connections_.size(); }
  [[nodiscard]] const std::string& violation() const { return violation_; }  // empty: none

 private:
  class Conn;

  void onAccept(std::unique_ptr<lb::Stream> stream) override;
  void onAcceptFailed(lb::IoStatus) override {}
  void listen();
  void dropAll();
  void setBlackHole(bool on);
  void remove(Conn& conn);
  void violate(std::string what);

  net::Fabric& fabric_;
  net::Host& host_;
  net::Host& proxy_;
  BackendPlan plan_;
  net::SimEnv env_;
  Prng chance_;
  Station station_;
  Mode mode_ = Mode::Up;
  Ratio errors_{0, 100};
  int error_status_ = 500;
  Counters counters_;
  std::string violation_;
  std::vector<std::unique_ptr<Conn>> connections_;
  std::unique_ptr<lb::Listener> listener_;
  std::string scratch_;  // for one read of any connection
};

}  // namespace sim::model
