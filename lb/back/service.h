// A service as one worker sees it: its settings, its balancing policy, and the backends behind its hosts. A host that
// is a name stands for as many backends as it has addresses.
//
// A service keeps its identity over reloads, so that pools, in-flight requests and the policy's state survive. When it
// leaves the configuration it departs as its backends do: when the last user lets go.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "lb/back/backend.h"
#include "lb/back/host_resolver.h"
#include "lb/back/registry.h"
#include "lb/back/roster.h"
#include "lb/back/wait_queue.h"

namespace lb::back {

struct ServiceContext {
  BackContext back;
  Resolver& resolver;
  Logger& log;
  observe::WorkerStats& worker_stats;
  Registry& registry;
};

class Service final : public Disposable, public BackendOwner {
 public:
  Service(const ServiceContext& context, std::string name);
  ~Service() override;

  // Takes over a configuration of this service; called once after construction and again on each reload.
  void update(const config::Service& service, const config::ClientLimits& limits,
              std::shared_ptr<observe::ServiceStats> stats,
              const std::vector<std::shared_ptr<observe::BackendStats>>& backend_stats);  // one for each host

  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] const config::Service& settings() const { return settings_; }
  [[nodiscard]] observe::ServiceStats& stats() { return *stats_; }

  // The policy's choice of those that have room and are none of those tried, with a place reserved on it; null: there
  // is no such one, or none that has an address and a weight and can be used.
  [[nodiscard]] Backend* pick(const PickRequest& request);
  // A request that pick() has led there is over; see BackendHealth::report.
  void requestEnded(Backend& backend, std::uint32_t epoch, Outcome outcome, Duration latency);
  // Takes over what the control side has decided meanwhile; the questions below and pick() do it by themselves.
  void refresh();
  [[nodiscard]] bool hasAddresses() const;

  [[nodiscard]] bool canPick(std::span<const std::uint64_t> tried) {  // would pick() find one now?
    refresh();
    return roster_.canPick(tried, context_.back.clock.now());
  }
  [[nodiscard]] bool hasOther(std::span<const std::uint64_t> than) {  // whether it has room or not
    refresh();
    return roster_.hasOther(than, context_.back.clock.now());
  }
  [[nodiscard]] bool hasBackends() { return hasOther({}); }

  [[nodiscard]] WaitQueue& queue() { return queue_; }
  [[nodiscard]] RetryBudget& retryBudget() { return shared_->retries; }
  [[nodiscard]] RateTable& rateTable() { return *rates_; }  // REQUIRES: settings().rate_limit.rate > 0

  [[nodiscard]] bool lookupsDone() const;  // every host has been looked up at least once
  void onLookupsDone(std::move_only_function<void()> callback) { on_lookups_done_ = std::move(callback); }

  void depart(std::move_only_function<void()> on_departed);  // no longer configured
  void closeIdle();
  [[nodiscard]] std::size_t busyConnections() const;
  void shutdownNow();
  void addUser() { ++users_; }
  void dropUser();
  void onDeparted(Backend& backend) override;
  void onRoomMade() override { queue_.roomMade(); }

 private:
  class Entry;  // one configured host

  template <class Visit>
  void forEachServing(Visit visit) const;
  void letGo(std::unique_ptr<Backend> backend);
  void letLeave(std::size_t from);
  void claim(Entry& entry);
  void claimAll();  // when some host leads elsewhere
  [[nodiscard]] bool isAdmitted(Backend& chosen);
  void shareSettings();
  void rebuildCandidates();
  void lookupDone();
  void departIfUnused();

  ServiceContext context_;
  std::string name_;
  std::shared_ptr<SharedService> shared_;
  config::Service settings_;
  UpstreamSettings upstream_settings_;
  std::shared_ptr<observe::ServiceStats> stats_;
  Roster roster_;
  std::vector<std::unique_ptr<Entry>> entries_;  // in the configuration's order
  std::vector<std::unique_ptr<Entry>> leaving_;  // of the one before, until all names of this one are known
  std::vector<std::unique_ptr<Backend>> departing_;
  WaitQueue queue_;
  RateTable* rates_ = nullptr;
  std::move_only_function<void()> on_lookups_done_;
  std::move_only_function<void()> on_departed_;
  std::uint64_t version_ = 0;  // of shared_ that the roster is made of
  bool has_names_ = false;     // so that several hosts may lead to one address
  bool panic_ = false;         // too few can be used, so all are
  std::uint32_t users_ = 0;
};

}  // namespace lb::back
