// A second opinion on backends' health: an automaton of its own, written from docs/health.md, that is told what the
// proxy says it did (its log), what it was configured to do, and which requests came where. It complains when the two
// do not fit: a move that the rules do not know, an ejection that is too long, too early over or one too many, a
// request to a backend that was out, panic without a reason or none where there is one (mood_watch.h).
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/check/failure_rows.h"
#include "sim/check/marks.h"
#include "sim/check/mood_watch.h"
#include "sim/check/stock.h"
#include "sim/check/troubles.h"
#include "sim/core/world.h"
#include "sim/plan/scenario.h"

namespace sim::check {

// May it be out again and again, because the way to it is longer for good? For its latency, or because its request on
// probation takes longer than lb waits for that.
[[nodiscard]] bool isSlowForGood(const plan::Scenario& scenario, const lb::config::Service& service,
                                 std::uint32_t backend);
// Or some backend?
[[nodiscard]] bool someAreSlowForGood(const plan::Scenario& scenario, const lb::config::Service& service);

// Is one of its hosts a name, and not an address?
[[nodiscard]] bool hasNames(const lb::config::Service& service);

class HealthWatch {
 public:
  // All of them live as long as this.
  HealthWatch(const plan::Scenario& scenario, Marks& marks, const Troubles& troubles)
      : scenario_(scenario), marks_(marks), troubles_(troubles), moods_(marks) {}

  void configure(const lb::config::Config& config, MonoTime now);
  void setCalm(bool calm) { calm_ = calm; }  // nobody has a reason to be out

  // A request is over, as the access log has it; `label` of its last backend.
  void onEnd(const std::string& service, std::string_view label, FailureRows::End end);
  // A backend that is sick has ended a new connection on which a user asked, or has answered one.
  void onHangUp(const std::string& service, std::uint32_t backend, MonoTime now);
  void onReply(std::uint32_t backend, int status, MonoTime now);

  // Each gives what is wrong, or "". `under_way`: how many requests of that service are.
  template <class UnderWay>
  [[nodiscard]] std::string onLine(std::string_view line, MonoTime now, UnderWay&& under_way) {
    std::string wrong =
        line.starts_with("backend ") ? onBackendLine(line, now, under_way(serviceIn(line))) : onMoodLine(line, now);
    return wrong.empty() ? moods_.takeWrong() : wrong;
  }
  struct Arrival {
    std::uint64_t request = 0;
    MonoTime started{};  // by its client: it was sent here later than that
    MonoTime now{};
    bool held_up = false;  // it may have been sent long ago
  };
  // `over` tells whether that request has ended.
  template <class Over>
  [[nodiscard]] std::string onRequest(const std::string& service, std::uint32_t backend, const Arrival& arrival,
                                      Over&& over) {
    const bool probe_over = probeOf(service, backend) == 0 || over(probeOf(service, backend));
    std::string wrong = judgeArrival(service, backend, arrival, probe_over);
    return wrong.empty() ? moods_.takeWrong() : wrong;
  }
  // What the control plane shows now: its metrics, and its /backends.
  [[nodiscard]] std::string judgeShown(std::string_view metrics, std::string_view backends, MonoTime now);

  // Was it out, or on probation, at any moment since then?
  [[nodiscard]] bool wasOut(const std::string& service, std::uint32_t backend, MonoTime from) const;
  // Could there be nobody left to send a request to, at any moment since then?
  [[nodiscard]] bool nobodyLeft(const std::string& service, MonoTime from) const;
  [[nodiscard]] bool isEjected(const std::string& service, std::uint32_t backend) const;  // now
  [[nodiscard]] bool isDown(const std::string& service, std::uint32_t backend) const;
  [[nodiscard]] bool panics(const std::string& service) const { return moods_.said(service) == Mood::Panic; }
  [[nodiscard]] bool allUp(const std::string& service) const;
  [[nodiscard]] MonoTime lastUp() const;            // when the last one came back into use
  [[nodiscard]] MonoTime lastEjectionEnds() const;  // of those who are ejected now

 private:
  enum class State : std::uint8_t { Up, Down, Ejected, HalfOpen, Drained };
  static constexpr MonoTime kNever{};
  static constexpr Duration kMoment = std::chrono::milliseconds(1);

  struct Track {
    bool drained = false, down = false, ejected = false, half_open = false;
    bool never_up = false;       // it was down when it came, and no check has passed yet
    bool unsure = false;         // a reload may have made the proxy forget
    bool newcomer = false;       // a reload has just brought it
    bool forgettable = false;    // a worker that was late may have done so later, without a word
    bool veiled = false;         // it was down or drained when that was, so what else it is nobody knows
    bool weightless = false;     // an operator has given it the weight 0
    bool order_unsure = false;   // it was that or drained when a reload took it away, which a late worker keeps
    bool row_unknown = false;    // how often it has been ejected in a row
    MonoTime checks_moved_at{};  // when checks took it out or brought it back, since the last reload
    MonoTime out_since{};        // drained, down or ejected without a break
    MonoTime out_until{};        // the last moment at which it was that, or on probation
    MonoTime moved_at{};         // the last line about it
    MonoTime drained_at{}, weightless_at{};
    MonoTime ejected_at{}, half_open_at{}, returned_at{}, probe_at{};
    Duration length{};  // of the last ejection
    std::uint32_t in_a_row = 0;
    std::uint64_t probe = 0;          // the request on probation
    std::vector<MonoTime> hangups{};  // of a sick backend, since it answered somebody or changed its state

    [[nodiscard]] bool out() const { return drained || down || ejected || weightless; }
    [[nodiscard]] State state() const;
    [[nodiscard]] std::string_view word() const;  // as the proxy calls that
  };
  struct ServiceTrack {
    lb::config::Service settings;
    std::map<std::uint32_t, Track> backends;
    std::vector<std::optional<std::uint32_t>> host_backends;  // which backend each host of the settings is
    struct Leaver {
      MonoTime at{};
      bool by_hand = false;  // it was drained, or had the weight 0
      bool well = false;     // it was up, for sure, and nothing has been said of it since
    };
    std::map<std::uint32_t, Leaver> leavers;  // whom reloads have taken away
    MonoTime panic_until{};                   // the last moment at which there may have been panic
    MonoTime nobody_until{};                  // and nobody to send to
    MonoTime full_until{};                    // and nobody could be ejected
  };

  [[nodiscard]] const Track* find(const std::string& service, std::uint32_t backend) const;
  [[nodiscard]] std::uint64_t probeOf(const std::string& service, std::uint32_t backend) const;
  [[nodiscard]] std::string judgeArrival(const std::string& service, std::uint32_t backend, const Arrival& arrival,
                                         bool probe_over);
  [[nodiscard]] static std::string serviceIn(std::string_view line);
  [[nodiscard]] std::string onBackendLine(std::string_view line, MonoTime now, std::size_t under_way);
  [[nodiscard]] std::string onMoodLine(std::string_view line, MonoTime now);
  [[nodiscard]] std::string judgeRow(const ServiceTrack& service, std::uint32_t backend, std::size_t under_way) const;
  [[nodiscard]] std::string judgeHangUps(const ServiceTrack& service, const Track& track, MonoTime now) const;
  [[nodiscard]] std::string move(ServiceTrack& service, Track& track, std::string_view why, MonoTime now);
  [[nodiscard]] std::string eject(ServiceTrack& service, Track& track, std::string_view why, MonoTime now);
  [[nodiscard]] static std::string judgeOutlier(const lb::config::Outlier& rules, std::string_view why);
  [[nodiscard]] static std::string judgeChecks(const ServiceTrack& service, const Track& track, bool up, MonoTime now);
  [[nodiscard]] static Stock stockOf(const ServiceTrack& service);
  [[nodiscard]] bool namesMayMove(const ServiceTrack& service) const;
  [[nodiscard]] bool mayBeNobody(const ServiceTrack& service, MonoTime at) const;
  [[nodiscard]] static bool isFull(const ServiceTrack& service);
  [[nodiscard]] bool mayCountErrors(const ServiceTrack& service, const Track& track, MonoTime now) const;
  [[nodiscard]] MonoTime settledAt() const;  // from then on the workers have the latest configuration
  void touch(ServiceTrack& service, MonoTime now);
  [[nodiscard]] bool certain(const ServiceTrack& service, MonoTime now) const;
  [[nodiscard]] std::optional<std::uint32_t> backendOf(std::string_view address) const;

  const plan::Scenario& scenario_;
  Marks& marks_;
  const Troubles& troubles_;
  std::map<std::string, ServiceTrack> services_;
  std::map<std::string, MonoTime> nobody_before_;  // until when there was nobody, as of the last reload
  FailureRows rows_;
  std::map<std::uint32_t, MonoTime> in_error_;  // when a backend last answered with a 500, as it was to
  MoodWatch moods_;
  MonoTime begun_at_ = kNever;  // when the proxy was first configured
  MonoTime reloaded_at_ = kNever;
  bool calm_ = false;
};

}  // namespace sim::check
