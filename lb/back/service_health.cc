// A service and its backends' health: who may be picked, and what requests say of those who were.
#include "lb/back/service.h"

namespace lb::back {

Backend* Service::pick(const PickRequest& request) {
  refresh();
  for (;;) {
    Backend* chosen = roster_.pick(request, context_.back.clock.now());
    if (chosen == nullptr) return nullptr;
    if (!chosen->reserve()) continue;  // another worker has taken the last place meanwhile
    if (panic_ || isAdmitted(*chosen)) {
      if (roster_.passedOn()) stats_->hash_passed_on.add();
      return chosen;
    }
    chosen->giveBack();
    rebuildCandidates();  // without it: another worker's request is its probe
  }
}

bool Service::isAdmitted(Backend& chosen) {
  const BackendHealth::Admission admission = chosen.shared().health.admit();
  if (admission.took) shared_->version.fetch_add(1, std::memory_order_release);
  return admission.admitted;
}

void Service::refresh() {
  const std::uint64_t version = shared_->version.load(std::memory_order_acquire);
  if (version == version_) return;
  version_ = version;
  rebuildCandidates();
}

void Service::requestEnded(Backend& backend, std::uint32_t epoch, Outcome outcome, Duration latency) {
  const config::Outlier& outlier = settings_.outlier;
  if (!outlier.enabled) return;
  const BackendHealth::Judging judging{.consecutive_failures = outlier.consecutive_failures,
                                       .success = outlier.success_percent > 0,
                                       .windows = outlier.success_percent > 0 || outlier.latency_factor > 0};
  if (!backend.shared().health.report(epoch, outcome, latency, judging)) return;
  shared_->version.fetch_add(1, std::memory_order_release);  // a probe that was given up is anybody's
  context_.registry.wakeWatcher();
}

}  // namespace lb::back
