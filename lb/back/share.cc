// See share.h.
#include "lb/back/share.h"

#include <algorithm>
#include <map>
#include <utility>

#include "lb/balance/candidate.h"

namespace lb::back {
namespace {

using namespace std::chrono_literals;

constexpr Duration kYoungest = 1s;  // nobody's share is that of a shorter time
constexpr int kSteps = 200;         // of a window

// How much of its slow start a backend has behind it; none: all of it.
struct Start {
  Duration window;
  Duration passed;
  [[nodiscard]] bool over() const { return passed >= window; }
};

Start startOf(const SharedBackend& backend, const SharedService& service, MonoTime now) {
  const Duration since(backend.since.load(std::memory_order_relaxed));
  const Duration window(service.slow_start_window.load(std::memory_order_relaxed));
  if (since == Duration::zero()) return {window, window};
  return {window, std::max(now.since_start - since, Duration::zero())};
}

}  // namespace

std::uint32_t fullWeight(const SharedBackend& backend, std::uint32_t host_weight) {
  const std::uint32_t set = backend.set_weight.load(std::memory_order_relaxed);
  return (set == SharedBackend::kNoWeight ? host_weight : set) * balance::kWeightUnit;
}

std::uint32_t weightAt(std::uint32_t full, const SharedBackend& backend, const SharedService& service, MonoTime now) {
  const Start start = startOf(backend, service, now);
  if (start.over() || full == 0) return full;
  const double least = service.slow_start_min_percent.load(std::memory_order_relaxed) / 100.0;
  const double warm = std::chrono::duration<double>(std::max(start.passed, kYoungest)) / start.window;
  return static_cast<std::uint32_t>(full * std::clamp(warm, least, 1.0) + 0.5);  // at least a hundredth of a unit
}

MonoTime weightLasts(const SharedBackend& backend, const SharedService& service, MonoTime now) {
  const Start start = startOf(backend, service, now);
  return start.over() ? kNever : now + start.window / kSteps;
}

std::vector<observe::BackendState> statesOf(Registry& registry, MonoTime now) {
  std::map<std::pair<std::string, std::string>, observe::BackendState> states;
  for (const auto& backend : registry.backends()) {
    if (backend->members.load(std::memory_order_relaxed) == 0) continue;  // it finishes what it has, and gets nothing
    const auto service = registry.service(backend->service);
    observe::BackendState& state = states[{backend->service, backend->label()}];
    state.service = backend->service;
    state.label = backend->label();
    const std::uint32_t full = fullWeight(*backend, backend->host_weight.load(std::memory_order_relaxed));
    state.weight += static_cast<double>(weightAt(full, *backend, *service, now)) / balance::kWeightUnit;
    if (const auto limit = service->adaptiveLimit(); limit.enabled)
      state.concurrency_limit = state.concurrency_limit.value_or(0) + backend->gradient.limit(limit);
    if (service->goes_by_latency.load(std::memory_order_relaxed) && backend->latency.known())
      state.latency_seconds = std::max(state.latency_seconds.value_or(0), backend->latency.seconds(now));
  }
  std::vector<observe::BackendState> all;
  for (auto& [key, state] : states) all.push_back(std::move(state));
  return all;
}

}  // namespace lb::back
