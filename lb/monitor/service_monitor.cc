// See service_monitor.h.
#include "lb/monitor/service_monitor.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>
#include <vector>

#include "lb/back/share.h"

namespace lb::monitor {

using back::Ejection;
using back::Health;

ServiceMonitor::ServiceMonitor(const MonitorContext& context, std::shared_ptr<back::SharedService> shared,
                               const config::Service& settings)
    : context_(context), shared_(std::move(shared)), sweep_(context.env.loop.makeTimer([this] { sweep(); })) {
  adopt(settings);
  armSweep();
  takeStock();  // of nobody yet: one of the same name that has just gone may have left its own behind
}

ServiceMonitor::~ServiceMonitor() = default;

void ServiceMonitor::apply(const config::Service& settings) {
  adopt(settings);
  for (const auto& [address, backend] : backends_) backend->apply(settings_);
  armSweep();
  onMoved();
}

void ServiceMonitor::adopt(const config::Service& settings) {
  settings_ = settings;
  hosts_.clear();
  for (const config::Host& host : settings_.hosts) hosts_.emplace(host.label(), &host);
  for (const auto& [address, backend] : backends_) backend->setHost(hostOf(backend->shared()));
}

// Null: it has left the configuration.
const config::Host* ServiceMonitor::hostOf(const back::SharedBackend& backend) const {
  const auto found = hosts_.find(backend.label());
  return found == hosts_.end() ? nullptr : found->second;
}

std::vector<std::string> ServiceMonitor::unresolved() const {
  std::set<const config::Host*> resolved;
  for (const auto& [address, backend] : backends_) {
    if (backend->serves()) resolved.insert(backend->host());
  }
  std::vector<std::string> labels;
  for (const auto& [label, host] : hosts_) {
    if (!resolved.contains(host) && !IpAddress::parse(host->address)) labels.push_back(label);
  }
  return labels;
}

void ServiceMonitor::add(std::shared_ptr<back::SharedBackend> backend) {
  const Address address = backend->address;
  auto orders = BackendMonitor::Orders::None;
  if (const auto known = backends_.find(address); known != backends_.end()) {
    if (!backend->health.read().has(Health::kUnseen)) {
      follow(*known->second);
      return;
    }
    if (known->second->keepsOrders()) orders = BackendMonitor::Orders::Kept;
    backends_.erase(known);
  }
  BackendMonitorOwner& self = *this;
  const config::Host* host = hostOf(*backend);
  backends_.emplace(address,
                    std::make_unique<BackendMonitor>(context_, std::move(backend), settings_, host, orders, self));
  has_new_ = true;
}

// Workers have said since whose it is.
void ServiceMonitor::follow(BackendMonitor& backend) {
  if (!backend.takeRenamed()) return;
  backend.setHost(hostOf(backend.shared()));
  has_new_ = true;
}

void ServiceMonitor::look() {
  bool others = std::exchange(has_new_, false);
  for (const auto& [address, backend] : backends_) others |= backend->lookWhetherItLeft();
  std::erase_if(backends_, [](const auto& entry) { return !entry.second->serves() && !entry.second->keepsOrders(); });
  if (others) onMoved();
  for (const auto& [address, backend] : backends_) backend->look();
}

// At most the share that the settings allow, though always one; and never the last one that can be used.
bool ServiceMonitor::mayEject(const BackendMonitor& candidate) {
  std::size_t all = 0;
  std::size_t out = 0;
  std::size_t left = 0;
  for (const auto& [address, backend] : backends_) {
    if (!backend->serves()) continue;
    const Health health = backend->health();
    ++all;
    if (health.state() == back::HealthState::Ejected || health.state() == back::HealthState::HalfOpen) ++out;
    const config::Host* host = backend->host();
    const bool gets_some = host != nullptr && back::fullWeight(backend->shared(), host->weight) > 0;
    if (backend.get() != &candidate && gets_some && health.state() == back::HealthState::Up) ++left;
  }
  const std::uint32_t percent = settings_.outlier.max_ejection_percent;
  const std::size_t most = percent == 0 ? 0 : std::max<std::size_t>(1, all * percent / 100);
  return out < most && left > 0;
}

void ServiceMonitor::onMoved() {
  shared_->version.fetch_add(1, std::memory_order_release);
  takeStock();
}

void ServiceMonitor::takeStock() {
  back::UsableCount count;
  bool some_known = false;
  for (const auto& [address, backend] : backends_) {
    const config::Host* host = backend->host();
    if (!backend->serves() || host == nullptr) continue;
    some_known = true;
    if (backend->health().has(Health::kDrained)) continue;
    if (back::fullWeight(backend->shared(), host->weight) > 0) count.add(host->backup, backend->health(), false);
  }
  if (!some_known && !backends_.empty()) return;  // a reload has brought others, of whom workers know nothing yet
  const std::size_t usable = count.usable();
  const std::size_t all = count.all();
  Mood mood = Mood::Fine;
  if (count.panics(settings_.panic_threshold)) {
    mood = Mood::Panic;
  } else if (usable == 0 && some_known) {
    mood = Mood::Nobody;
  }
  shared_->healthy.store(static_cast<std::uint32_t>(usable), std::memory_order_relaxed);
  shared_->panic.store(mood == Mood::Panic, std::memory_order_relaxed);
  if (std::exchange(mood_, mood) == mood) return;
  const std::string stock = fmt::format("{} of {} backends of {} can be used", usable, all, name());
  switch (mood) {
    case Mood::Fine: context_.log.write(LogLevel::Info, fmt::format("{}: the others are spared", stock)); return;
    case Mood::Panic:
      context_.log.write(LogLevel::Warn,
                         fmt::format("panic: {}, less than {} %: all are used", stock, settings_.panic_threshold));
      return;
    case Mood::Nobody: context_.log.write(LogLevel::Error, fmt::format("{}: requests get 503", stock)); return;
  }
}

void ServiceMonitor::armSweep() {
  const config::Outlier& outlier = settings_.outlier;
  const bool judges = outlier.enabled && (outlier.success_percent > 0 || outlier.latency_factor > 0);
  const Duration slice = judges ? outlier.window / static_cast<int>(OutlierWindow::kSlices) : Duration::zero();
  if (std::exchange(slice_, slice) == slice) return;  // many reloads do not put it off
  judges ? sweep_->arm(slice) : sweep_->disarm();
}

void ServiceMonitor::sweep() {
  for (const auto& [address, backend] : backends_) backend->sample();
  if (settings_.outlier.success_percent > 0) judgeSuccess();
  if (settings_.outlier.latency_factor > 0) judgeLatency();
  sweep_->arm(slice_);
}

// Only those that are up: what is left of the time before an ejection has been answered by it, and who is on probation
// is judged by that request alone.
void ServiceMonitor::judgeSuccess() {
  const config::Outlier& outlier = settings_.outlier;
  for (const auto& [address, backend] : backends_) {
    if (backend->health().state() != back::HealthState::Up) continue;
    const std::uint64_t good = backend->window().good();
    const std::uint64_t all = good + backend->window().bad();
    if (all < outlier.min_requests || good * 100 >= all * outlier.success_percent) continue;
    backend->eject(Ejection::SuccessRate, fmt::format("{} of {} requests succeeded", good, all));
  }
}

// Against the median of all means, the lower one of two: the slow one of two backends is the outlier.
void ServiceMonitor::judgeLatency() {
  const config::Outlier& outlier = settings_.outlier;
  const auto judged = [&](const BackendMonitor& backend) { return backend.window().timed() >= outlier.min_requests; };
  std::vector<Duration> means;
  for (const auto& [address, backend] : backends_) {
    if (judged(*backend)) means.push_back(backend->window().meanLatency());
  }
  if (means.size() < 2) return;
  std::ranges::sort(means);
  const Duration median = means[(means.size() - 1) / 2];
  const auto milliseconds = [](Duration time) { return std::chrono::duration<double, std::milli>(time).count(); };
  for (const auto& [address, backend] : backends_) {
    if (!judged(*backend) || backend->health().state() != back::HealthState::Up) continue;
    const Duration mean = backend->window().meanLatency();
    if (mean <= median * static_cast<Duration::rep>(outlier.latency_factor)) continue;
    backend->eject(Ejection::Latency, fmt::format("answers take {:.1f} ms, the median backend's {:.1f} ms",
                                                  milliseconds(mean), milliseconds(median)));
  }
}

}  // namespace lb::monitor
