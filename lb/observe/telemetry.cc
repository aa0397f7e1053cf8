// Who counts where: objects by name for each worker, kept over configurations for as long as somebody uses them.
#include "lb/observe/telemetry.h"

#include <algorithm>
#include <utility>

#include "lb/base/check.h"
#include "lb/observe/groups.h"
#include "lb/observe/shard.h"

namespace lb::observe {
namespace {

constexpr std::string_view kNoService = "_none";

}  // namespace

Layouts::Layouts(const config::Metrics& settings)
    : request(std::make_shared<BucketLayout>(settings.request_buckets)),
      overhead(std::make_shared<BucketLayout>(settings.overhead_buckets)) {}

BackendStats::BackendStats(std::string backend_label, const LayoutPtr& layout)
    : send(layout), wait(layout), receive(layout), connect(layout), label(std::move(backend_label)) {}

ServiceStats::ServiceStats(std::string service_name, const Layouts& layouts)
    : name(std::move(service_name)),
      request(layouts.request),
      receive(layouts.request),
      response(layouts.request),
      queue(layouts.request),
      overhead_request(layouts.overhead),
      overhead_response(layouts.overhead) {}

WorkerStats::WorkerStats(const Layouts& layouts) : loop_lag(layouts.overhead) {}

// Takes the service out of the list, so that what stays behind is what the new configuration no longer has.
Telemetry::Shard::Service Telemetry::Shard::take(std::string_view name, const Layouts& layouts) {
  const auto found = std::ranges::find_if(services, [&](const Service& one) { return one.stats->name == name; });
  if (found == services.end()) return {std::make_shared<ServiceStats>(std::string(name), layouts), true, {}};
  Service service = std::move(*found);
  services.erase(found);
  service.current = true;
  for (Backend& backend : service.backends) backend.current = false;
  return service;
}

std::shared_ptr<BackendStats> Telemetry::Shard::backendOf(Service& service, const std::string& label,
                                                          const LayoutPtr& layout) {
  const auto found =
      std::ranges::find_if(service.backends, [&](const Backend& one) { return one.stats->label == label; });
  if (found != service.backends.end()) {
    found->current = true;
    return found->stats;
  }
  return service.backends.emplace_back(Backend{std::make_shared<BackendStats>(label, layout), true}).stats;
}

StatsView Telemetry::Shard::apply(const config::Config& config, const Layouts& layouts) {
  if (!worker) worker = std::make_shared<WorkerStats>(layouts);
  StatsView view;
  view.worker = worker;
  std::vector<Service> next;
  for (const config::Service& wanted : config.services) {
    Service service = take(wanted.name, layouts);
    view.services.push_back(service.stats);
    auto& backends = view.backends.emplace_back();
    for (const config::Host& host : wanted.hosts) {
      backends.push_back(backendOf(service, host.label(), layouts.request));
    }
    next.push_back(std::move(service));
  }
  next.push_back(take(kNoService, layouts));
  view.none = next.back().stats;
  for (Service& left : services) {
    left.current = false;
    for (Backend& backend : left.backends) backend.current = false;
    next.push_back(std::move(left));
  }
  services = std::move(next);
  return view;
}

// A count of one is final: only apply() hands out new references, and it runs under the same mutex. The worker's last
// writes happened before it let go, and shared_ptr orders that before the deletion here.
void Telemetry::Shard::release() {
  for (Service& service : services) {
    std::erase_if(service.backends,
                  [](const Backend& backend) { return !backend.current && backend.stats.use_count() == 1; });
  }
  std::erase_if(services, [](const Service& service) {
    return !service.current && service.stats.use_count() == 1 && service.backends.empty();
  });
}

Telemetry::Telemetry(std::size_t worker_count, BuildInfo build) : build_(std::move(build)) {
  LB_CHECK(worker_count > 0);
  for (std::size_t i = 0; i < worker_count; ++i) shards_.push_back(std::make_unique<Shard>());
}

Telemetry::~Telemetry() = default;

std::vector<StatsView> Telemetry::apply(const config::Config& config) {
  const std::lock_guard lock(mutex_);
  if (!layouts_) layouts_.emplace(config.metrics);
  backend_histograms_ = config.metrics.backend_histograms;
  std::vector<StatsView> views;
  for (const auto& shard : shards_) views.push_back(shard->apply(config, *layouts_));
  release();
  return views;
}

void Telemetry::setControl(const Control& control) {
  const std::lock_guard lock(mutex_);
  control_ = control;
}

void Telemetry::release() {
  for (const auto& shard : shards_) shard->release();
}

Groups Telemetry::group() const {
  Groups groups;
  for (const auto& shard : shards_) {
    if (shard->worker) groups.workers.push_back(shard->worker.get());
    for (const Shard::Service& service : shard->services) {
      groups.add(*service.stats);
      for (const Shard::Backend& backend : service.backends) groups.add(service.stats->name, *backend.stats);
    }
  }
  return groups;
}

}  // namespace lb::observe
