// What the workers share of services and their backends, so that an operator sees one proxy and not as many blind ones
// as there are threads: the load that balancing decides by, health, limits, what was asked of a backend by hand.
//
// Keyed by service and address. What is in it lives as long as any worker uses it, over reloads and changes of DNS. The
// registry itself is behind a lock that is taken when backends come and go, never for a request; the members of what it
// hands out are atomics.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lb/back/backend_health.h"
#include "lb/back/gradient_limit.h"
#include "lb/back/rate_table.h"
#include "lb/back/retry_budget.h"
#include "lb/balance/latency.h"
#include "lb/base/address.h"
#include "lb/base/address_counts.h"

namespace lb::back {

// One address of one service.
struct SharedBackend {
  SharedBackend(std::string service_name, std::string host_label, const Address& at)
      : service(std::move(service_name)), address(at), label_(std::move(host_label)) {}

  void leave() { members.fetch_sub(1, std::memory_order_relaxed); }  // by who has joined, see Registry

  // What every request looks at or writes, in one cache line.
  alignas(64) std::atomic<std::uint32_t> inflight{0};  // requests on it, of all workers
  std::atomic<std::uint32_t> members{0};               // workers for whom it serves; 0: it only finishes what it has
  BackendHealth health;

  const std::string service;
  const Address address;
  GradientLimit gradient;    // of limits.adaptive
  balance::Latency latency;  // only where the policy goes by it

  // What its share follows from, see share.h. Whoever changes one of these raises SharedService::version after it.
  static constexpr std::uint32_t kNoWeight = 0xffffffff;
  std::atomic<std::uint32_t> host_weight{1};         // as configured, for the metrics: workers go by their own
  std::atomic<std::uint32_t> set_weight{kNoWeight};  // instead, by hand
  std::atomic<Duration::rep> joined{0};              // when it came: what was asked of the address before is of another
  std::atomic<Duration::rep> since{0};               // when it came or recovered, for its slow start; 0: long ago

  // The host that leads to it, as configured ("shop.internal:80"): for people, metrics and orders. A reload may call
  // the host otherwise, and names may swap their addresses.
  [[nodiscard]] std::string label() const {
    const std::scoped_lock lock(label_mutex_);
    return label_;
  }
  [[nodiscard]] bool isCalled(std::string_view label) const {
    const std::scoped_lock lock(label_mutex_);
    return label_ == label;
  }
  void setLabel(std::string label) {
    const std::scoped_lock lock(label_mutex_);
    label_ = std::move(label);
    renamed.fetch_add(1, std::memory_order_release);
  }
  std::atomic<std::uint32_t> renamed{0};  // so often

 private:
  mutable std::mutex label_mutex_;
  std::string label_;
};

// One service.
struct SharedService {
  explicit SharedService(std::string service_name) : name(std::move(service_name)) {}

  // Made when a configuration first wants it; later ones find it as it is.
  [[nodiscard]] RateTable& rateTable(std::uint64_t secret) {
    std::call_once(rates_made_, [&] { rates_ = std::make_unique<RateTable>(secret); });
    return *rates_;
  }

  const std::string name;
  // Another one whenever picking goes by something else than before: its workers look again at who may be picked.
  std::atomic<std::uint64_t> version{1};
  std::atomic<Duration::rep> slow_start_window{0};
  std::atomic<std::uint32_t> slow_start_min_percent{0};
  std::atomic<bool> goes_by_latency{false};  // peak_ewma
  void setAdaptiveLimit(const config::AdaptiveLimit& limit) {
    adaptive_max_.store(limit.max, std::memory_order_relaxed);
    adaptive_min_.store(limit.enabled ? limit.min : 0, std::memory_order_relaxed);
  }
  [[nodiscard]] config::AdaptiveLimit adaptiveLimit() const {
    const std::uint32_t min = adaptive_min_.load(std::memory_order_relaxed);
    return {.enabled = min > 0, .min = min, .max = std::max(min, adaptive_max_.load(std::memory_order_relaxed))};
  }
  // For people. Written by the control side only.
  std::atomic<bool> panic{false};
  std::atomic<std::uint32_t> healthy{0};  // backends that can be used, panic or not
  RetryBudget retries;
  std::atomic<std::uint32_t> waiting{0};  // in the queues of all workers

 private:
  std::atomic<std::uint32_t> adaptive_min_{0};  // 0: off
  std::atomic<std::uint32_t> adaptive_max_{0};
  std::once_flag rates_made_;
  std::unique_ptr<RateTable> rates_;
};

class Registry {
 public:
  // The one of that name or address that somebody uses, or a new one. Any thread.
  [[nodiscard]] std::shared_ptr<SharedService> service(const std::string& name);
  // One more serves it, until leave(). Who was away is new, though somebody still knows it: a request that it finishes,
  // or an order by hand. `warm`: it has been there before us and needs no slow start.
  [[nodiscard]] std::shared_ptr<SharedBackend> join(const std::string& service, const std::string& label,
                                                    const Address& address, MonoTime now, bool warm);

  // All that are in use, by service and address. Any thread.
  [[nodiscard]] std::vector<std::shared_ptr<SharedBackend>> backends();
  [[nodiscard]] std::vector<std::shared_ptr<SharedService>> services();

  // Who is woken, from any thread, when there is a new backend or something to decide about one. Set before all else.
  void setWatcher(std::function<void()> wake) { wake_ = std::move(wake); }
  void wakeWatcher() {
    if (wake_) wake_();
  }

  [[nodiscard]] AddressCounts& clientConnections() { return client_connections_; }

 private:
  template <class Key, class Shared>
  struct Shelf {
    std::map<Key, std::weak_ptr<Shared>> known;
    std::size_t tidy_at = 16;  // what nobody uses any more leaves when so many are known
    template <class... Args>
    std::shared_ptr<Shared> findOrMake(const Key& key, Args&&... args);
    [[nodiscard]] std::vector<std::shared_ptr<Shared>> alive() const;
  };

  AddressCounts client_connections_;  // that count for limits.max_connections_per_client
  std::mutex mutex_;
  Shelf<std::string, SharedService> services_;
  Shelf<std::pair<std::string, Address>, SharedBackend> backends_;
  std::function<void()> wake_;
};

}  // namespace lb::back
