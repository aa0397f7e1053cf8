// What is known of one backend's health, shared by all workers and the control side: atomics only.
//
// The control side alone decides (lb/monitor): it moves the backend from state to state. Workers read the state when
// they look who can be used, and write what they have seen: results of requests, and who asks on probation.
//
// The state is one word, so that every reading of it is of one moment. Its upper part is the epoch: it changes whenever
// what was seen before shall not count any more, and a result says of which epoch its request was.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <string_view>

#include "lb/env/clock.h"

namespace lb::back {

// What people see of a backend; of several, the first that is true.
enum class HealthState : std::uint8_t { Drained, Down, Ejected, HalfOpen, Up };
inline constexpr std::size_t kHealthStateCount = 5;
[[nodiscard]] std::string_view toString(HealthState state);  // "drained", "down", "ejected", "half_open", "up"

enum class Ejection : std::uint8_t { ConsecutiveFailures, SuccessRate, Latency, ProbeFailed };
inline constexpr std::size_t kEjectionCount = 4;
[[nodiscard]] std::string_view toString(Ejection reason);

// One reading of the word.
class Health {
 public:
  enum Bit : std::uint32_t {
    kUnseen = 1,        // the control side has not looked at it yet
    kDrained = 2,       // by hand
    kDown = 4,          // active checks say so
    kEjected = 8,       // results say so
    kHalfOpen = 16,     // the ejection is over; one request is to show
    kProbing = 32,      // that request is under way
    kProbePassed = 64,  // and has ended; for the control side
    kProbeFailed = 128,
    kTripped = 256,        // too many failures in a row; for the control side, which decides now or not at all
    kProbeAnswered = 512,  // the head of that request's answer is there; it may have no end
    kNeverUp = 1024,    // down from the beginning (initial: down): who is not known to be well is not for panic either
    kProbeSlow = 2048,  // that request was under way already when the control side last looked
  };
  static constexpr std::uint32_t kBits = 12;  // below the epoch

  explicit constexpr Health(std::uint32_t word) : word_(word) {}
  [[nodiscard]] constexpr bool has(Bit bit) const { return (word_ & bit) != 0; }
  [[nodiscard]] constexpr std::uint32_t word() const { return word_; }
  [[nodiscard]] constexpr std::uint32_t epoch() const { return word_ >> kBits; }
  [[nodiscard]] constexpr HealthState state() const {
    if (has(kDrained)) return HealthState::Drained;
    if (has(kDown)) return HealthState::Down;
    if (has(kEjected)) return HealthState::Ejected;
    return has(kHalfOpen) ? HealthState::HalfOpen : HealthState::Up;
  }
  // May requests be sent to it? `down_at_first`: until active checks have passed.
  [[nodiscard]] constexpr bool usable(bool down_at_first) const {
    return (word_ & (kDrained | kDown | kEjected | kProbing)) == 0 && !(down_at_first && has(kUnseen));
  }
  // Not even if all others are out.
  [[nodiscard]] constexpr bool neverUp(bool down_at_first) const {
    return has(kNeverUp) || (down_at_first && has(kUnseen));
  }

 private:
  std::uint32_t word_;
};

// What a request's end says of its backend. Error: it lives, but its user got an error: no failure in a row, but no
// success.
enum class Outcome : std::uint8_t { Good, Error, Bad, Nothing };

class BackendHealth {
  // First, next to its owner's numbers that every request needs.
  std::atomic<std::uint32_t> word_{Health::kUnseen};
  std::atomic<std::uint32_t> failures_{0};  // in a row
  std::atomic<std::uint64_t> good_{0}, bad_{0}, timed_{0}, nanoseconds_{0};

 public:
  [[nodiscard]] Health read() const { return Health(word_.load(std::memory_order_acquire)); }

  // By workers.
  // Before a request is sent: may it? False only if the backend is on probation and somebody else's request is the one.
  // `took`: this one is it, so others are to look again who can be used.
  struct Admission {
    bool admitted = true;
    bool took = false;
  };
  [[nodiscard]] Admission admit();
  struct Judging {
    std::uint32_t consecutive_failures = 0;  // 0: off
    bool success = false;                    // errors are held against it
    bool windows = false;                    // success or latency are judged, so they are counted
  };
  // The head of an answer that is no failure, to a request that was sent in that epoch.
  void answered(std::uint32_t epoch);
  // The end of a request that was sent in that epoch. True: the control side should look.
  [[nodiscard]] bool report(std::uint32_t epoch, Outcome outcome, Duration latency, const Judging& judging);

  // By the control side.
  struct Change {
    std::uint32_t set = 0;
    std::uint32_t clear = 0;
    bool new_epoch = false;
  };
  Health change(const Change& change);  // gives what was
  [[nodiscard]] std::uint32_t failuresInARow() const { return failures_.load(std::memory_order_relaxed); }
  struct Totals {  // since the beginning, of requests that were judged
    std::uint64_t good = 0;
    std::uint64_t bad = 0;
    std::uint64_t timed = 0;  // of the good ones
    std::uint64_t nanoseconds = 0;
  };
  [[nodiscard]] Totals totals() const;

  // For people. Written by the control side only.
  struct Counts {
    std::atomic<std::uint64_t> checks_passed{0}, checks_failed{0}, checks_inconclusive{0};
    std::array<std::atomic<std::uint64_t>, kEjectionCount> ejections{};
    std::array<std::atomic<std::uint64_t>, kHealthStateCount> changes{};  // by the state that was entered
  };
  Counts counts;
};

// How many of a service's backends can be used, of those that are not drained and have a weight.
struct UsableCount {
  std::size_t hosts = 0, usable_hosts = 0, backups = 0, usable_backups = 0;
  std::size_t never_up = 0;      // of neither
  std::size_t on_probation = 0;  // of the usable hosts: those that get one request only

  constexpr void add(bool backup, const Health& health, bool down_at_first) {
    if (health.neverUp(down_at_first)) {
      ++never_up;
      return;
    }
    ++(backup ? backups : hosts);
    if (!health.usable(down_at_first)) return;
    ++(backup ? usable_backups : usable_hosts);
    if (!backup && health.has(Health::kHalfOpen)) ++on_probation;
  }
  [[nodiscard]] constexpr std::size_t all() const { return hosts + backups + never_up; }
  [[nodiscard]] constexpr std::size_t usable() const { return usable_hosts + usable_backups; }
  // Too few can be used: better a request to a doubtful backend than all of them to the few that are left. Backups that
  // can stand in for hosts of which none is left are enough, also while one of those hosts is tried again.
  [[nodiscard]] constexpr bool panics(std::uint32_t threshold_percent) const {
    const bool no_hosts = hosts == 0;
    if (!no_hosts && usable_hosts == on_probation && usable_backups > 0) return false;
    return (no_hosts ? usable_backups : usable_hosts) * 100 < (no_hosts ? backups : hosts) * threshold_percent;
  }
};

}  // namespace lb::back
