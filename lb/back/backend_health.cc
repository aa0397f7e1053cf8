// See backend_health.h.
#include "lb/back/backend_health.h"

namespace lb::back {
namespace {

constexpr auto kRelaxed = std::memory_order_relaxed;

}  // namespace

std::string_view toString(HealthState state) {
  static constexpr std::array<std::string_view, kHealthStateCount> kWords{"drained", "down", "ejected", "half_open",
                                                                          "up"};
  return kWords[static_cast<std::size_t>(state)];
}

std::string_view toString(Ejection reason) {
  static constexpr std::array<std::string_view, kEjectionCount> kWords{"consecutive_failures", "success_rate",
                                                                       "latency", "probe_failed"};
  return kWords[static_cast<std::size_t>(reason)];
}

BackendHealth::Admission BackendHealth::admit() {
  std::uint32_t word = word_.load(kRelaxed);
  for (;;) {
    if ((word & Health::kHalfOpen) == 0) return {};
    if ((word & Health::kProbing) != 0) return {.admitted = false};
    const std::uint32_t next = (word | Health::kProbing) & ~std::uint32_t{Health::kProbeSlow};
    if (word_.compare_exchange_weak(word, next, std::memory_order_acq_rel)) return {.took = true};
  }
}

void BackendHealth::answered(std::uint32_t epoch) {
  std::uint32_t word = word_.load(kRelaxed);
  while (Health(word).epoch() == epoch && (word & Health::kProbing) != 0) {
    if (word_.compare_exchange_weak(word, word | Health::kProbeAnswered, std::memory_order_acq_rel)) return;
  }
}

bool BackendHealth::report(std::uint32_t epoch, Outcome outcome, Duration latency, const Judging& judging) {
  const bool good = outcome == Outcome::Good || (outcome == Outcome::Error && !judging.success);
  std::uint32_t word = word_.load(kRelaxed);
  if (Health(word).epoch() != epoch || (word & Health::kEjected) != 0) return false;
  if ((word & Health::kHalfOpen) != 0) {
    // Whoever asked on probation and gave up leaves that to the next one.
    while (Health(word).epoch() == epoch && (word & (Health::kProbePassed | Health::kProbeFailed)) == 0) {
      const std::uint32_t next = outcome == Outcome::Nothing
                                     ? word & ~std::uint32_t{Health::kProbing | Health::kProbeAnswered}
                                 : good ? word | Health::kProbePassed
                                        : word | Health::kProbeFailed;
      if (word_.compare_exchange_weak(word, next, std::memory_order_acq_rel)) return true;
    }
    return false;
  }
  if (outcome == Outcome::Nothing) return false;
  if (judging.windows) {
    (good ? good_ : bad_).fetch_add(1, kRelaxed);
    if (outcome == Outcome::Good && latency > Duration::zero()) {
      timed_.fetch_add(1, kRelaxed);
      nanoseconds_.fetch_add(static_cast<std::uint64_t>(latency.count()), kRelaxed);
    }
  }
  if (outcome != Outcome::Bad) {
    if (failures_.load(kRelaxed) != 0) failures_.store(0, kRelaxed);
    return false;
  }
  const std::uint32_t failures = failures_.fetch_add(1, kRelaxed) + 1;
  if (judging.consecutive_failures == 0 || failures % judging.consecutive_failures != 0) return false;
  word_.fetch_or(Health::kTripped, std::memory_order_acq_rel);
  return true;
}

Health BackendHealth::change(const Change& change) {
  std::uint32_t word = word_.load(kRelaxed);
  for (;;) {
    std::uint32_t next = (word | change.set) & ~change.clear;
    if (change.new_epoch) next += 1U << Health::kBits;
    if (word_.compare_exchange_weak(word, next, std::memory_order_acq_rel)) break;
  }
  if (change.new_epoch) failures_.store(0, kRelaxed);
  return Health(word);
}

BackendHealth::Totals BackendHealth::totals() const {
  return {.good = good_.load(kRelaxed),
          .bad = bad_.load(kRelaxed),
          .timed = timed_.load(kRelaxed),
          .nanoseconds = nanoseconds_.load(kRelaxed)};
}

}  // namespace lb::back
