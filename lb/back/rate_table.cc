// See rate_table.h.
#include "lb/back/rate_table.h"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace lb::back {
namespace {

// `now` is when a worker's turn began, and another one may have counted since then.
constexpr Duration kSkew = std::chrono::seconds(1);

// A burst is as large as what is earned in this time at most, over a century: the lowest rate would take more
// nanoseconds for the largest burst than there are numbers.
constexpr std::int64_t kBurstTimeMax = 4'000'000'000'000'000'000;

std::uint64_t mix(std::uint64_t a, std::uint64_t b) {
  __extension__ using Wide = unsigned __int128;
  const Wide product = static_cast<Wide>(a) * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

}  // namespace

// Folded multiplication of eight bytes at a time, with the secret in every step.
std::uint64_t RateTable::hash(std::string_view key) const {
  constexpr std::uint64_t kOdd = 0x9e3779b97f4a7c15;
  std::uint64_t state = secret_ ^ mix(key.size() + kOdd, secret_ | 1);
  while (!key.empty()) {
    std::uint64_t word = 0;
    const std::size_t size = std::min(key.size(), sizeof word);
    std::memcpy(&word, key.data(), size);
    key.remove_prefix(size);
    state = mix(word ^ state, kOdd ^ secret_) + kOdd;
  }
  return std::max<std::uint64_t>(mix(state, kOdd), 1);
}

RateTable::Place& RateTable::placeOf(std::uint64_t key, std::int64_t now) {
  for (;;) {
    Place* best = nullptr;  // the one to take if the key has none
    for (std::size_t i = 0; i < kProbes; ++i) {
      Place& place = places_[(key + i) % kKeys];
      const std::uint64_t owner = place.key.load(std::memory_order_acquire);
      if (owner == key) return place;
      if (best == nullptr || place.due.load(std::memory_order_relaxed) < best->due.load(std::memory_order_relaxed)) {
        best = &place;
      }
    }
    std::uint64_t owner = best->key.load(std::memory_order_acquire);
    if (!best->key.compare_exchange_strong(owner, key, std::memory_order_acq_rel)) continue;  // somebody else took it
    if (best->due.load(std::memory_order_relaxed) > now) best->due.store(now, std::memory_order_relaxed);
    return *best;
  }
}

Duration RateTable::ask(std::string_view key, const config::RateLimit& limit, MonoTime now) {
  const auto interval = static_cast<std::int64_t>(std::llround(1e9 / limit.rate));
  const std::int64_t burst = std::min<std::int64_t>(limit.allowance(), kBurstTimeMax / interval);
  const std::int64_t tolerance = interval * (burst - 1);
  const std::int64_t time = now.since_start.count();
  Place& place = placeOf(hash(key), time);
  std::int64_t due = place.due.load(std::memory_order_relaxed);
  std::int64_t from = 0;
  do {
    from = std::max(due, time);
    // More than the whole burst nobody owes by this limit: that is left of a slower one, before a reload.
    if (from - time > tolerance + interval + kSkew.count()) from = time + tolerance;
    if (from - time > tolerance) return Duration(from - time - tolerance);
  } while (!place.due.compare_exchange_weak(due, from + interval, std::memory_order_relaxed));
  return {};
}

}  // namespace lb::back
