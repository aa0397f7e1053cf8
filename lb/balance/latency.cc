// See latency.h.
#include "lb/balance/latency.h"

#include <algorithm>

namespace lb::balance {
namespace {

double inSeconds(Duration time) {
  return std::chrono::duration<double>(time).count();
}

}  // namespace

// (e^(-x/1024))^1024, the inner power by the first terms of its series.
double decay(Duration time, Duration span) {
  constexpr int kSquarings = 10;
  constexpr double kLongest = 50;  // beyond, nothing is left
  const double x = inSeconds(time) / inSeconds(span);
  if (x <= 0) return 1;
  if (x > kLongest) return 0;
  const double small = x / (1 << kSquarings);
  double power = 1 - small * (1 - small / 2 * (1 - small / 3 * (1 - small / 4)));
  for (int i = 0; i < kSquarings; ++i) power *= power;
  return power;
}

double Latency::seconds(MonoTime now) const {
  const Duration since = now.since_start - Duration(stamp_.load(std::memory_order_relaxed));
  return cost_.load(std::memory_order_relaxed) * decay(since, kForgets);
}

void Latency::observe(Duration took, MonoTime now) {
  const double cost = cost_.load(std::memory_order_relaxed);
  const double seen = std::max(inSeconds(took), 1e-9);
  const double kept = decay(now.since_start - Duration(stamp_.load(std::memory_order_relaxed)), kForgets);
  cost_.store(seen > cost * kept ? seen : cost * kept + seen * (1 - kept), std::memory_order_relaxed);
  stamp_.store(now.since_start.count(), std::memory_order_relaxed);
}

void Latency::observeAtLeast(Duration took, MonoTime now) {
  if (inSeconds(took) > seconds(now)) observe(took, now);
}

}  // namespace lb::balance
