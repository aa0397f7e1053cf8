// How much may be sent again: what keeps retries from becoming the load that makes them necessary.
//
// For requests that may reach a backend a second time; what has found no connection is none of them. Two limits, both
// of all workers together: at a time no more retries are under way than a share of the requests under way, and no more
// are begun than a share of the requests that came, and some a second beside; so over any time the backends see at most
//   requests x (1 + percent / 100) + min_concurrency a second + kSaved.
// A retry is charged when it is decided, and is under way until its end, so that backing off costs as much as trying.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>

#include "lb/config/service.h"
#include "lb/env/clock.h"

namespace lb::back {

class RetryBudget {
 public:
  static constexpr std::int64_t kSaved = 10;  // retries, and as many seconds' worth of min_concurrency, may be saved up

  void requestBegins(std::uint32_t percent) {
    requests_.fetch_add(1, std::memory_order_relaxed);
    credit_.fetch_add(percent, std::memory_order_relaxed);
  }
  void requestEnds() { requests_.fetch_sub(1, std::memory_order_relaxed); }

  // True: a retry is under way, until retryEnds().
  [[nodiscard]] bool take(const config::RetryBudget& budget, MonoTime now);
  void retryEnds() { retries_.fetch_sub(1, std::memory_order_relaxed); }

  [[nodiscard]] std::uint32_t retriesUnderWay() const { return retries_.load(std::memory_order_relaxed); }

 private:
  static constexpr std::int64_t kOne = 100;  // credit counts hundredths of a retry
  static constexpr std::int64_t kNotYet = -1;

  [[nodiscard]] bool spend(const config::RetryBudget& budget, MonoTime now);
  void refill(const config::RetryBudget& budget, MonoTime now);

  std::atomic<std::uint32_t> requests_{0};  // under way
  std::atomic<std::uint32_t> retries_{0};   // under way
  std::atomic<std::int64_t> credit_{0};
  std::atomic<std::int64_t> refilled_{kNotYet};  // nanoseconds
};

}  // namespace lb::back
