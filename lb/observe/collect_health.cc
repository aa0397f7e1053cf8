// The families of backends' health, one series an address.
#include "lb/observe/families.h"
#include "lb/observe/health_view.h"

namespace lb::observe {
namespace {

Labels of(const BackendHealthView& backend) {
  return {{"service", backend.service}, {"backend", backend.backend}, {"address", backend.address}};
}

void addFlag(const HealthView& view, std::string_view name, std::string_view help, bool BackendHealthView::* flag,
             Families& out) {
  Family family = gaugeFamily(name, help);
  for (const BackendHealthView& backend : view.backends) family.add(of(backend), backend.*flag ? 1.0 : 0.0);
  out.push_back(family.take());
}

void addCounts(const HealthView& view, std::string_view name, std::string_view help, const char* label,
               CountsByWord BackendHealthView::* counts, Families& out) {
  Family family = counterFamily(name, help);
  for (const BackendHealthView& backend : view.backends) {
    for (const auto& [word, count] : backend.*counts) {
      Labels labels = of(backend);
      labels.push_back({label, std::string(word)});
      family.add(std::move(labels), count);
    }
  }
  out.push_back(family.take());
}

}  // namespace

void collectHealth(const HealthView& view, Families& out) {
  Family panic = gaugeFamily("lb_service_panic", "1 while so few backends are healthy that all of them are used.");
  Family healthy = gaugeFamily("lb_service_healthy_backends", "Backends that nothing speaks against.");
  for (const ServiceHealthView& service : view.services) {
    panic.add({{"service", service.service}}, service.panic ? 1.0 : 0.0);
    healthy.add({{"service", service.service}}, std::uint64_t{service.healthy});
  }
  out.push_back(panic.take());
  out.push_back(healthy.take());
  addFlag(view, "lb_backend_up", "1 if nothing speaks against the backend: not drained, not down, not ejected.",
          &BackendHealthView::up, out);
  addFlag(view, "lb_backend_ejected", "1 while the backend is ejected, or on probation after that.",
          &BackendHealthView::ejected, out);
  addCounts(view, "lb_backend_health_checks_total", "Active checks of the backend, by result.", "result",
            &BackendHealthView::checks, out);
  addCounts(view, "lb_backend_ejections_total", "How often the backend was ejected, by reason.", "reason",
            &BackendHealthView::ejections, out);
  addCounts(view, "lb_backend_state_changes_total", "Changes of the backend's state, by the state it went to.", "to",
            &BackendHealthView::changes, out);
}

}  // namespace lb::observe
