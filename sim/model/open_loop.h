// Open-loop traffic: every request is sent at the time that its plan says, however long the answers to the others take,
// on an idle connection or on a new one. Latencies count from the intended time. What is asked, and when, is drawn from
// laws, or stands in a script.
//
// Nothing is kept of a request that has ended: the observer is told once, and only once, of each.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lb/env/env.h"
#include "sim/model/arrivals.h"
#include "sim/model/distribution.h"
#include "sim/model/script.h"

namespace sim::model {

using lb::MonoTime;

// One kind of request.
struct Ask {
  std::string method = "GET";  // HEAD's answers have no body; nothing else depends on it
  std::string host{};
  std::string path = "/";
  Distribution body{};                   // bytes
  std::optional<Distribution> answer{};  // bytes of the answer; without it the backend decides
  std::uint32_t weight = 1;
};

struct TrafficPlan {
  Arrivals arrivals{};
  std::vector<Ask> mix{};          // at least one, with a weight of more than 0 in sum
  const Script* script = nullptr;  // instead of arrivals, weights and laws; it outlives the traffic
  bool keep_alive = true;          // false: a connection for each request
  bool proxy_answers = false;      // the proxy may answer well by itself: it redirects, or has responses of its own
  std::uint64_t requests_max = ~std::uint64_t{0};
  Duration patience = std::chrono::hours(1);  // then the connection is closed under the request
  std::uint32_t connections_max = 100'000;    // requests that would need one more fail at once
};

struct Outcome {
  enum class Result : std::uint8_t {
    Answered,   // whatever the status
    Refused,    // no connection
    Cut,        // the connection ended before the answer did
    TimedOut,   // patience was over
    Exhausted,  // connections_max
    Garbage,    // an answer that is not what the request asked for, in any byte
  };
  std::uint64_t id = 0;
  std::uint32_t ask = 0;  // row of the mix
  Result result{};
  int status = 0;             // 0: none came
  int backend = -1;           // who answered, as the answer says; -1: nobody but the proxy
  std::string proxy_error{};  // why the proxy answered by itself, as it says
  MonoTime intended{};
  MonoTime end{};
  std::uint64_t sent_bytes = 0;                 // of the body
  std::optional<std::uint64_t> wanted_bytes{};  // of the answer
  std::uint64_t received_bytes = 0;             // of the body
  [[nodiscard]] Duration latency() const { return end - intended; }
};
[[nodiscard]] std::string_view toString(Outcome::Result result);

class TrafficObserver {
 public:
  virtual void onDone(const Outcome& outcome) = 0;

 protected:
  ~TrafficObserver() = default;
};

class OpenLoop {
 public:
  struct Counters {
    std::uint64_t started = 0;
    std::uint64_t done = 0;
    std::uint64_t connections_opened = 0;
    std::uint64_t inflight_ns = 0;  // the integral over time of the number in flight
    std::uint64_t latency_sum_ns = 0;
  };

  // Begins at once. `numbers_from`: ids of several sources in one world must differ.
  OpenLoop(const lb::Env& env, const lb::Address& to, TrafficPlan plan, Prng chance, TrafficObserver& observer,
           std::uint64_t numbers_from = 0);
  ~OpenLoop();
  OpenLoop(const OpenLoop&) = delete;
  OpenLoop& operator=(const OpenLoop&) = delete;

  void stop();  // no request more; those in flight go on
  [[nodiscard]] bool finished() const { return ended_ && counters_.started == counters_.done; }
  [[nodiscard]] std::uint64_t inflight() const { return counters_.started - counters_.done; }
  [[nodiscard]] const Counters& counters() const { return counters_; }
  [[nodiscard]] const std::string& violation() const { return violation_; }  // the first garbage; empty: none
  [[nodiscard]] std::size_t connectionsOpen() const { return connections_.size(); }

 private:
  class Conn;

  void onTime();
  void arm();
  [[nodiscard]] Duration nextArrival();
  void start(MonoTime intended);
  [[nodiscard]] const ScriptedRequest* scripted(const Outcome& outcome) const;  // null: there is no script
  [[nodiscard]] std::uint32_t chooseAsk();
  void onPatience();
  void armPatience();
  void enlist(Conn& conn);  // among those in flight
  void strike(Conn& conn);
  void assign(const Outcome& outcome, bool fresh);
  void sendAgain(Conn& conn);            // its connection was closed before the request came to it
  void release(Conn& conn, bool reuse);  // its request has ended
  void remove(Conn& conn);               // closes it; the object lives until the end of the turn
  void count(MonoTime at);               // the integral, before the number in flight changes
  void done(Outcome outcome);

  lb::Env env_;
  lb::Address to_;
  const TrafficPlan plan_;
  Prng chance_;
  TrafficObserver& observer_;
  ArrivalSource source_;
  MonoTime begin_;
  Duration next_{};
  bool ended_ = false;
  std::uint64_t last_id_;
  std::uint64_t weights_ = 0;
  Counters counters_;
  MonoTime counted_at_;
  std::string violation_;
  std::unique_ptr<lb::Timer> timer_;
  std::unique_ptr<lb::Timer> patience_timer_;
  bool patience_armed_ = false;
  std::vector<std::unique_ptr<Conn>> connections_;
  std::vector<Conn*> idle_;  // the one used last is used next
  Conn* oldest_ = nullptr;   // those in flight, in the order of their intended times
  Conn* youngest_ = nullptr;
  std::string scratch_;  // for one read of any connection
};

}  // namespace sim::model
