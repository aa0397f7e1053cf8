// What is shown of backends' health: numbers for the metrics, JSON for /backends.
#include <fmt/format.h>

#include <algorithm>

#include "lb/monitor/health_monitor.h"
#include "lb/observe/escape.h"

namespace lb::monitor {
namespace {

using back::Health;

std::uint64_t read(const std::atomic<std::uint64_t>& number) {
  return number.load(std::memory_order_relaxed);
}

observe::BackendHealthView viewOf(const back::SharedBackend& backend) {
  const Health health = backend.health.read();
  const auto& counts = backend.health.counts;
  observe::BackendHealthView view{.service = backend.service,
                                  .backend = backend.label(),
                                  .address = backend.address.toString(),
                                  .up = health.state() == back::HealthState::Up,
                                  .ejected = health.has(Health::kEjected) || health.has(Health::kHalfOpen),
                                  .checks = {{"passed", read(counts.checks_passed)},
                                             {"failed", read(counts.checks_failed)},
                                             {"inconclusive", read(counts.checks_inconclusive)}},
                                  .ejections = {},
                                  .changes = {}};
  for (std::size_t i = 0; i < back::kEjectionCount; ++i)
    view.ejections.emplace_back(toString(static_cast<back::Ejection>(i)), read(counts.ejections[i]));
  for (std::size_t i = 0; i < back::kHealthStateCount; ++i)
    view.changes.emplace_back(toString(static_cast<back::HealthState>(i)), read(counts.changes[i]));
  return view;
}

// One object; `text` in quotes and escaped, `raw` as it is.
class Object {
 public:
  explicit Object(std::string& out) : out_(out) { out_ += '{'; }
  Object& text(std::string_view name, std::string_view value) {
    observe::appendJsonKey(name, out_);
    observe::appendJsonString(value, out_);
    return *this;
  }
  Object& raw(std::string_view name, std::string_view value) {
    observe::appendJsonKey(name, out_);
    out_ += value;
    return *this;
  }
  Object& number(std::string_view name, std::uint64_t value) { return raw(name, std::to_string(value)); }
  Object& flag(std::string_view name, bool value) { return raw(name, value ? "true" : "false"); }
  void end() { out_ += '}'; }

 private:
  std::string& out_;
};

void append(const BackendMonitor& monitor, std::string& out) {
  const back::SharedBackend& backend = monitor.shared();
  const std::uint32_t configured = monitor.host() == nullptr ? 1 : monitor.host()->weight;
  const std::uint32_t by_hand = backend.set_weight.load(std::memory_order_relaxed);
  const auto& counts = backend.health.counts;
  Object object(out);
  object.text("service", backend.service)
      .text("backend", backend.label())
      .text("address", backend.address.toString())
      .text("state", toString(monitor.health().state()))
      .text("reason", monitor.reason())
      .number("weight", monitor.hasWeight() ? by_hand : configured)
      .flag("weight_by_hand", monitor.hasWeight())
      .number("inflight", backend.inflight.load(std::memory_order_relaxed))
      .raw("ejected_for_seconds", fmt::format("{:.3f}", std::chrono::duration<double>(monitor.ejectedFor()).count()))
      .number("checks_passed", read(counts.checks_passed))
      .number("checks_failed", read(counts.checks_failed));
  object.end();
}

}  // namespace

observe::HealthView healthView(back::Registry& registry) {
  observe::HealthView view;
  for (const auto& service : registry.services()) {
    view.services.push_back({.service = service->name,
                             .panic = service->panic.load(std::memory_order_relaxed),
                             .healthy = service->healthy.load(std::memory_order_relaxed)});
  }
  for (const auto& backend : registry.backends()) {
    if (backend->members.load(std::memory_order_relaxed) > 0) view.backends.push_back(viewOf(*backend));
  }
  return view;
}

std::string HealthMonitor::json() const {
  std::string out = "{\"services\":[";
  for (const auto& [name, service] : services_) {
    if (!out.ends_with('[')) out += ',';
    Object object(out);
    object.text("service", name).flag("panic", service->panic()).number("healthy", service->healthy());
    object.end();
  }
  out += "],\"backends\":[";
  for (const auto& [name, service] : services_) {
    for (const auto& [address, backend] : service->backends()) {
      if (!out.ends_with('[')) out += ',';
      append(*backend, out);
    }
  }
  out += "],\"unresolved\":[";
  for (const auto& [name, service] : services_) {
    for (const std::string& host : service->unresolved()) {
      if (!out.ends_with('[')) out += ',';
      Object object(out);
      object.text("service", name).text("backend", host);
      object.end();
    }
  }
  return out + "]}\n";
}

}  // namespace lb::monitor
