// See retry_budget.h.
#include "lb/back/retry_budget.h"

#include <algorithm>

namespace lb::back {

bool RetryBudget::take(const config::RetryBudget& budget, MonoTime now) {
  const std::uint64_t share = std::uint64_t{requests_.load(std::memory_order_relaxed)} * budget.percent / 100;
  const std::uint64_t most = std::max<std::uint64_t>(share, budget.min_concurrency);
  std::uint32_t under_way = retries_.load(std::memory_order_relaxed);
  do {
    if (under_way >= most) return false;
  } while (!retries_.compare_exchange_weak(under_way, under_way + 1, std::memory_order_relaxed));
  if (spend(budget, now)) return true;
  retryEnds();
  return false;
}

bool RetryBudget::spend(const config::RetryBudget& budget, MonoTime now) {
  refill(budget, now);
  const std::int64_t most = kOne * kSaved * (1 + std::int64_t{budget.min_concurrency});
  std::int64_t credit = credit_.load(std::memory_order_relaxed);
  std::int64_t left = 0;
  do {
    left = std::min(credit, most) - kOne;
    if (left < 0) return false;
  } while (!credit_.compare_exchange_weak(credit, left, std::memory_order_relaxed));
  return true;
}

// What time alone earns; the first retry finds as much as may be saved up of it.
void RetryBudget::refill(const config::RetryBudget& budget, MonoTime now) {
  constexpr std::int64_t kSecond = 1'000'000'000;
  std::int64_t last = refilled_.load(std::memory_order_relaxed);
  const std::int64_t time = now.since_start.count();
  const std::int64_t passed = last == kNotYet ? kSaved * kSecond : std::min(time - last, kSaved * kSecond);
  const std::int64_t earned = passed * budget.min_concurrency * kOne / kSecond;
  if (earned <= 0) return;  // so little that it is left to gather
  if (refilled_.compare_exchange_strong(last, time, std::memory_order_relaxed)) {
    credit_.fetch_add(earned, std::memory_order_relaxed);
  }
}

}  // namespace lb::back
