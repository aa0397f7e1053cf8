// See gradient_limit.h.
#include "lb/back/gradient_limit.h"

#include <algorithm>
#include <cmath>

#include "lb/base/random_util.h"

namespace lb::back {
namespace {

constexpr double kStep = 1.06;
constexpr double kFirst = 1000;  // nanoseconds

}  // namespace

std::size_t GradientLimit::bucketOf(Duration latency) {
  const double ns = std::max(static_cast<double>(latency.count()), kFirst);
  const auto bucket = static_cast<std::size_t>(std::log(ns / kFirst) / std::log(kStep));
  return std::min(bucket, kBuckets - 1);
}

double GradientLimit::latencyOf(std::size_t bucket) {
  return kFirst * std::pow(kStep, static_cast<double>(bucket) + 0.5);
}

double GradientLimit::takeQuantile(std::uint32_t count) {
  const auto rank = static_cast<std::uint32_t>(std::ceil(count * kQuantile));
  std::uint32_t seen = 0;
  double found = 0;
  for (std::size_t i = 0; i < kBuckets; ++i) {
    seen += counts_[i].exchange(0, std::memory_order_relaxed);
    if (found == 0 && seen >= rank) found = latencyOf(i);
  }
  return found;
}

bool GradientLimit::isOver(std::uint32_t samples, MonoTime now) const {
  if (idle_latency_.load(std::memory_order_relaxed) == 0) return samples >= kIdleSamples;  // measuring
  return samples >= kLeastSamples && now.since_start.count() >= window_end_.load(std::memory_order_relaxed);
}

void GradientLimit::sample(MonoTime begun, Duration latency, const config::AdaptiveLimit& settings, MonoTime now,
                           Random& random) {
  if (begun.since_start.count() < changed_.load(std::memory_order_relaxed)) return;
  counts_[bucketOf(latency)].fetch_add(1, std::memory_order_relaxed);
  const std::uint32_t samples = samples_.fetch_add(1, std::memory_order_relaxed) + 1;
  if (isOver(samples, now)) endWindow(settings, now, random);
}

void GradientLimit::endWindow(const config::AdaptiveLimit& settings, MonoTime now, Random& random) {
  if (ending_.exchange(true, std::memory_order_acquire)) return;  // another worker is at it
  // Or it has been at it since the window was seen to be over: the quantile of no samples is the shortest latency.
  if (isOver(samples_.load(std::memory_order_relaxed), now)) adjust(settings, now, random);
  ending_.store(false, std::memory_order_release);
}

// A window that is being ended meanwhile may bring some of it back, until the next measuring.
void GradientLimit::forget(MonoTime now) {
  changed_.store(now.since_start.count(), std::memory_order_relaxed);  // what still runs says nothing of the new one
  for (auto& count : counts_) count.store(0, std::memory_order_relaxed);
  samples_.store(0, std::memory_order_relaxed);
  limit_.store(0, std::memory_order_relaxed);
  kept_.store(0, std::memory_order_relaxed);
  idle_latency_.store(0, std::memory_order_relaxed);
}

void GradientLimit::adjust(const config::AdaptiveLimit& settings, MonoTime now, Random& random) {
  const double latency = takeQuantile(samples_.exchange(0, std::memory_order_relaxed));
  if (latency == 0) return;
  const std::int64_t time = now.since_start.count();
  window_end_.store(time + kWindow.count(), std::memory_order_relaxed);
  changed_.store(time, std::memory_order_relaxed);
  const auto clamp = [&](double limit) {
    return std::clamp<double>(limit, settings.min, std::max(settings.min, settings.max));
  };
  double limit = kept_.load(std::memory_order_relaxed);
  if (const double idle = idle_latency_.load(std::memory_order_relaxed); idle == 0) {
    idle_latency_.store(latency, std::memory_order_relaxed);
    const auto jitter = static_cast<std::int64_t>(below(random, static_cast<std::uint64_t>(kRemeasure.count() / 10)));
    measure_at_.store(time + kRemeasure.count() + jitter, std::memory_order_relaxed);
    limit = clamp(limit);
  } else if (time >= measure_at_.load(std::memory_order_relaxed)) {
    idle_latency_.store(0, std::memory_order_relaxed);
    limit_.store(settings.min, std::memory_order_relaxed);  // few at a time while it is measured
    return;
  } else {
    const double gradient = std::clamp(kTolerance * idle / latency, 0.5, 2.0);
    limit = clamp((limit + gradient * limit + std::sqrt(limit)) / 2);
  }
  kept_.store(limit, std::memory_order_relaxed);
  limit_.store(static_cast<std::uint32_t>(limit), std::memory_order_relaxed);
}

}  // namespace lb::back
