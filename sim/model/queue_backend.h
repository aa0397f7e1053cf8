// An HTTP backend in front of a queueing station: every request is a job, and is answered when it has been served.
//
// Its behaviour changes by calls, so that a scenario can script it: slower, failing, down in several ways, up again.
// A request that is wrong in any byte is a violation. With a script each request brings its own answer.
//
// Active checks are requests as well: they wait, take their time and fail as the others do, unless they are told apart.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/model/check_answer.h"
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
  Distribution answer{};                     // bytes of a body
  const Script* script = nullptr;            // instead of both laws; it outlives the backend
  std::vector<CheckAnswer> checks{};         // that it knows; without one of them a request has a number
  std::vector<std::uint16_t> check_ports{};  // where it listens as well
  bool drops_abandoned = false;              // stops working for whom has gone
  std::uint32_t connections_max = 100'000;   // more are reset
};

class QueueBackend final : private lb::AcceptEvents {
 public:
  enum class Mode : std::uint8_t {
    Up,
    Retire,     // the process ends as it should: nothing new is accepted, what is in work is still answered, and so is
                // one request more on each kept connection, if it comes soon
    Leave,      // the same, but idle connections are closed at once
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
    std::uint64_t checks = 0;      // which are in none of the above but the first
  };

  // `proxy`: the host between which and this one a black hole opens.
  QueueBackend(net::Fabric& fabric, net::Host& on, net::Host& proxy, BackendPlan plan);
  ~QueueBackend();

  void setMode(Mode mode);
  void setService(const Distribution& law);
  // Such a share of what has been served is answered with it.
  void setErrors(Ratio ratio, int status = 500) { errors_ = {ratio, status}; }
  void setCheckErrors(Ratio ratio, int status) { check_errors_ = {ratio, status}; }
  void setChecksApart(bool apart);  // in a station of their own, where they never wait for each other

  [[nodiscard]] Mode mode() const { return mode_; }
  [[nodiscard]] const Counters& counters() const { return counters_; }
  [[nodiscard]] Station& station() { return station_; }
  [[nodiscard]] Station& checkStation() { return check_station_; }  // used while checks are apart
  [[nodiscard]] net::SimEnv& env() { return env_; }
  [[nodiscard]] std::size_t connectionsOpen() const { return connections_.size(); }
  [[nodiscard]] const std::string& violation() const { return violation_; }  // empty: none

 private:
  class Conn;
  struct Errors {
    Ratio ratio{0, 100};
    int status = 500;
  };

  void onAccept(std::unique_ptr<lb::Stream> stream) override;
  void onAcceptFailed(lb::IoStatus) override {}
  void listen();
  void pauseListening(bool paused);
  [[nodiscard]] const CheckAnswer* checkOf(std::string_view start_line) const;  // null: it is none
  [[nodiscard]] bool isLeaving() const { return mode_ == Mode::Retire || mode_ == Mode::Leave; }
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
  Station check_station_;
  bool checks_apart_ = false;
  Mode mode_ = Mode::Up;
  Errors errors_;
  Errors check_errors_;
  Counters counters_;
  std::string violation_;
  std::vector<std::unique_ptr<Conn>> connections_;
  std::vector<std::unique_ptr<lb::Listener>> listeners_;  // none: it does not listen
  std::string scratch_;                                   // for one read of any connection
};

}  // namespace sim::model
