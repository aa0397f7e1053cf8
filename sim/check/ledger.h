// Who asked for what, who saw it, and what came back: the truth that the proxy's deeds are held against. Actors report
// to it what they see; each report is checked at once, in the file named beside it, and the first thing that does not
// fit is the run's verdict.
#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "sim/actor/pattern.h"
#include "sim/actor/strict_reader.h"
#include "sim/check/books.h"
#include "sim/check/health_watch.h"
#include "sim/check/marks.h"
#include "sim/check/route_oracle.h"
#include "sim/check/traffic_watch.h"
#include "sim/check/troubles.h"
#include "sim/check/verdict.h"
#include "sim/core/world.h"
#include "sim/plan/scenario.h"

namespace sim::check {

constexpr MonoTime kNever{};

// One arrival of a request at a backend.
struct Attempt {
  std::uint32_t backend = 0;
  MonoTime head = kNever;
  MonoTime complete = kNever;
  bool reused = false;  // not the first request on its connection
};

// What the access log says of a request.
struct Logged {
  std::uint32_t lines = 0;
  MonoTime at = kNever;
  int code = 0;
  bool from_backend = false;
  bool reused = false;
  bool queued = false;
  bool cut = false;  // its answer was not written to its end
  std::string reason;
  std::string aborted;
  std::string client;
  std::string service;
  std::string backend;  // by its name or its address
  std::string backend_address;
  std::uint64_t bytes_in = 0;
  std::uint64_t bytes_out = 0;
  std::uint64_t attempts = 0;
  double total = -1;  // seconds; negative: it did not happen
  double wait = -1;
  double connect = -1;
  double overhead = -1;
};

// Why a client got no whole answer, as the client knows it.
enum class Loss : std::uint8_t {
  OwnDoing,   // it cut, reset or gave up
  Announced,  // the proxy had said that it would close
  Behind,     // another request before it on the connection was not answered
  Surprise,   // the connection ended
};

struct Entry {
  const plan::Request* plan = nullptr;
  const plan::Client* client = nullptr;
  std::vector<Attempt> attempts;
  MonoTime connected = kNever;   // when the client opened the connection
  MonoTime idle_since = kNever;  // of the connection, before this request; kNever: it was not idle
  MonoTime started = kNever;     // the client gave its first byte to the network
  MonoTime sent = kNever;        // and its last
  MonoTime answered = kNever;    // the final head came
  MonoTime turn = kNever;        // what was before it on its connection has been answered
  MonoTime continued = kNever;   // its backend said 100
  bool went_on = false;          // with its body, having waited for that
  MonoTime replied = kNever;     // a backend gave the last answer with its number to the network
  MonoTime ended = kNever;       // the whole answer came, or it became certain that it will not
  MonoTime gave_up = kNever;     // its client told the proxy that it does not wait any more
  bool gave_up_by_end = false;   // and not by a reset: by the end of its side, where that means so
  int status = 0;
  std::uint32_t answers = 0;  // final heads at the client
  bool from_backend = false;
  bool of_be = false;     // by be's own code
  bool good = false;      // the planned answer arrived whole
  bool complete = false;  // an answer arrived whole
  bool lost = false;
  bool strayed = false;           // a backend has answered it twice
  bool misled = false;            // an answer to another one was taken for its own, and that could not be known
  std::string routed_to;          // the service, as rules told its backend; where there are routes
  bool own_planned = false;       // lb's own answer is what routes make of it
  std::size_t own_body = 0;       // bytes of that one
  bool calm = false;              // asked for when all was well again
  bool may_fail = false;          // although it was
  std::string reason;             // of the proxy's own answer
  std::string pin;                // the value of the sticky cookie that its answer set
  std::uint64_t asked_bytes = 0;  // that its client was to send, head included
  std::uint64_t wire_bytes = 0;   // of all answers, interim ones included
  std::uint64_t tunnel_up = 0;    // received by the backend
  std::uint64_t tunnel_down = 0;
  Logged logged;
};

class Ledger {
 public:
  Ledger(World& world, const plan::Scenario& scenario)
      : world_(world), scenario_(scenario), health_(scenario, marks_, troubles_) {}
  Ledger(const Ledger&) = delete;
  Ledger& operator=(const Ledger&) = delete;

  void add(const plan::Request& request, const plan::Client& client);  // REQUIRES: ids are small numbers
  [[nodiscard]] Entry& of(std::uint64_t id) { return entries_[id]; }
  [[nodiscard]] Entry* find(std::uint64_t id);                                  // null: nobody asked
  [[nodiscard]] const std::vector<Entry>& entries() const { return entries_; }  // by id; those without a plan are none

  void gaveUp(std::uint64_t id, bool by_end) {  // its client, and has told so
    of(id).gave_up = now();
    of(id).gave_up_by_end = by_end;
  }

  // At a backend (request_check.cc). Null: the request should not be there, and that is said.
  void checkAbandoned(const Entry& entry);
  void checkAtBackend(const actor::Head& head, std::uint32_t backend);  // of its health
  Entry* headAtBackend(const actor::Head& head, std::uint32_t backend, bool reused);
  void bodyAtBackend(std::uint64_t id, std::uint64_t offset, std::string_view bytes);
  void endAtBackend(std::uint64_t id, std::uint64_t bytes, const actor::Head& trailers);

  // At a client, to the request that is next in line on its connection (answer_check.cc).
  void headAtClient(std::uint64_t id, const actor::Head& head);
  void bodyAtClient(std::uint64_t id, std::uint64_t offset, std::string_view bytes);
  void checkEndIsSaid(std::uint64_t id, bool said);  // of the connection, once a drain is announced
  void endAtClient(std::uint64_t id, const actor::Head& head, std::uint64_t bytes, const actor::Head& trailers);
  void lostAtClient(std::uint64_t id, Loss how, bool within_answer);
  // After a 101, in either direction.
  void tunnelBytes(std::uint64_t id, actor::Direction direction, std::string_view bytes);

  void onAccessLine(std::string_view line);                           // access_check.cc
  void onProxyLine(std::string_view line);                            // of the proxy's own log; request_check.cc
  void onShown(std::string_view metrics, std::string_view backends);  // by the control plane, of health
  [[nodiscard]] const HealthWatch& health() const { return health_; }
  [[nodiscard]] HealthWatch& health() { return health_; }
  // Whose request it is: several where routes leave it open, none where it is nobody's (route_check.cc).
  [[nodiscard]] std::vector<std::string> servicesOf(const Entry& entry) const;
  // The one that serves it, by its number in the scenario; kUnknownService where routes may lead it to several, or to
  // none.
  static constexpr int kUnknownService = -1;
  [[nodiscard]] int serviceNumber(const Entry& entry) const;
  // As HealthWatch has it, of any service that it may belong to.
  [[nodiscard]] bool wasOut(const Entry& entry, std::uint32_t backend, MonoTime from) const;
  [[nodiscard]] bool nobodyLeft(const Entry& entry, MonoTime from) const;
  void checkAtTheEnd();  // every entry against everything known of it; access_check.cc
  [[nodiscard]] const Books& books() const { return books_; }
  void keysPassedOn(std::uint64_t requests) { books_.hash_passed_on += requests; }

  // Holds or fails the run; `request` 0: it is about no single one.
  // What is wrong is put into words only if something is.
  template <class... Args>
  void expect(bool holds, Class kind, const char* invariant, std::uint64_t request, fmt::format_string<Args...> what,
              Args&&... args) {
    if (!holds) fail(kind, invariant, request, fmt::format(what, std::forward<Args>(args)...));
  }
  void fail(Class kind, std::string invariant, std::uint64_t request, std::string what);
  void failBytes(std::string invariant, std::uint64_t request, std::string what, std::string expected,
                 std::string_view seen);
  [[nodiscard]] bool failed() const { return violation_.kind != Class::None; }
  [[nodiscard]] const Violation& violation() const { return violation_; }

  void leave(Mark mark) { marks_.leave(mark); }
  [[nodiscard]] const Marks& marks() const { return marks_; }
  [[nodiscard]] TrafficWatch& traffic() { return traffic_; }
  [[nodiscard]] Troubles& troubles() { return troubles_; }
  [[nodiscard]] const Troubles& troubles() const { return troubles_; }

  // For a person; nothing is put into words unless somebody listens.
  template <class... Args>
  void trace(fmt::format_string<Args...> format, Args&&... args) {
    if (tracer_) tracer_(fmt::format(format, std::forward<Args>(args)...));
  }
  void setTracer(std::function<void(std::string)> tracer) { tracer_ = std::move(tracer); }

  // How far requests get: who waits for that is told. The bytes are of the body, up to here; with its head they are 0.
  using ProgressWatch = std::function<void(plan::Trigger, std::uint64_t id, std::uint64_t bytes)>;
  void setProgressWatch(ProgressWatch watch) { progress_watch_ = std::move(watch); }

  // Takes effect at the proxy from now on, as soon as its workers get to it.
  void configure(const lb::config::Config& config) {
    configurations_.push_back({world_.now(), config});
    health_.configure(config, world_.now());
  }
  struct Configured {
    MonoTime since;
    lb::config::Config config;
  };
  [[nodiscard]] const std::vector<Configured>& configurations() const { return configurations_; }

  // A request has come on a connection behind an answer that nobody asked for: whose answer is whose nobody can tell.
  void noteMixUp() { mixed_up_ = world_.now(); }
  [[nodiscard]] bool mixedUpSince(MonoTime from) const { return mixed_up_ != kNever && mixed_up_ >= from; }

  void setCalm() {  // from here on every new request must succeed
    calm_ = true;
    health_.setCalm(true);
  }
  // In the calm: requests that are asked meanwhile may fail, if there is a cause, and backends be ejected.
  void setTolerant(bool tolerant) {
    tolerant_ = tolerant;
    health_.setCalm(!tolerant);
  }
  // Answers say from then on that their connection ends. kNever: it does not drain.
  void setDrainAnnounced() { drain_announced_ = world_.now(); }
  [[nodiscard]] MonoTime drainAnnounced() const { return drain_announced_; }
  void setDraining() { draining_since_ = world_.now(); }
  [[nodiscard]] MonoTime drainingSince() const { return draining_since_; }  // kNever: it does not
  [[nodiscard]] bool calm() const { return calm_; }

  [[nodiscard]] const World& world() const { return world_; }
  [[nodiscard]] MonoTime now() const { return world_.now(); }
  [[nodiscard]] const plan::Scenario& scenario() const { return scenario_; }

 private:
  void progress(plan::Trigger where, std::uint64_t id, std::uint64_t bytes) const {
    if (progress_watch_) progress_watch_(where, id, bytes);
  }
  [[nodiscard]] bool couldBeMisled(const Entry& entry, std::uint64_t by) const;
  void checkInTime(const Entry& entry);
  void checkForwardedHead(Entry& entry, const actor::Head& head);
  void checkWhoIsOut(const Entry& entry, std::uint32_t backend);
  // Routes, and what their rules do to heads (route_check.cc); nothing where there are none.
  [[nodiscard]] std::vector<RouteFate> fates(const Entry& entry) const;  // one for each configuration in force
  [[nodiscard]] bool maybeAnsweredByRoute(const Entry& entry) const;
  void checkRoutedHead(Entry& entry, const actor::Head& head);
  void checkRoutedAnswer(const Entry& entry, const actor::Head& head);
  [[nodiscard]] bool isOwnAnswerOfRoutes(Entry& entry, const actor::Head& head);
  void checkForwardedFraming(const Entry& entry, const actor::Head& head);
  void checkBackendHead(const Entry& entry, const actor::Head& head);
  void checkStickyCookie(Entry& entry, const actor::Head& head);  // affinity_check.cc
  void checkBeHead(const Entry& entry, const actor::Head& head);  // be_check.cc
  void checkBeEnd(Entry& entry, std::uint64_t bytes, const actor::Head& trailers);
  void checkProxyHead(Entry& entry, const actor::Head& head);
  void checkLogged(const Entry& entry);
  void checkLoggedAttempt(const Entry& entry);
  void checkLoggedSpan(const Entry& entry);
  void checkLoggedTimes(const Entry& entry);

  World& world_;
  const plan::Scenario& scenario_;
  std::vector<Entry> entries_;
  std::vector<Configured> configurations_;                             // in order
  std::unordered_map<std::string, std::uint64_t> request_ids_;         // X-Request-Id, and whose it was
  std::map<std::pair<std::string, std::string>, std::uint32_t> pins_;  // backends by service and sticky cookie
  Troubles troubles_;
  TrafficWatch traffic_{*this};
  Marks marks_;
  HealthWatch health_;
  std::function<void(std::string)> tracer_;
  ProgressWatch progress_watch_;
  Violation violation_;
  Books books_;
  MonoTime drain_announced_ = kNever;
  MonoTime draining_since_ = kNever;
  MonoTime mixed_up_ = kNever;  // the last time
  bool calm_ = false;
  bool tolerant_ = false;
};

[[nodiscard]] bool answeredWithoutBody(const plan::Request& request);
// Of the planned answer: what a client that asked with this request gets as its body.
[[nodiscard]] std::uint64_t answerBytes(const plan::Request& request);
[[nodiscard]] bool isIdempotent(std::string_view method);  // RFC 9110 9.2.2; whoever is not known is not
// May it be sent again once its bytes have left (RFC 9110 9.2.2), and is it small enough to be kept?
[[nodiscard]] bool replayable(const plan::Request& request, const lb::config::Service& service);
// The same, also of a POST whose client vouches for it where the service believes that: once it has failed, it may be
// sent again as a retry.
[[nodiscard]] bool repeatable(const plan::Request& request, const lb::config::Service& service);
[[nodiscard]] const lb::config::Service* serviceOf(const plan::Scenario& scenario, const plan::Request& request);

}  // namespace sim::check
