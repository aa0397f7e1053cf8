// What balancing goes by, of each backend: gauges of what all workers share.
#include "lb/observe/families.h"

namespace lb::observe {
namespace {

Labels of(const BackendState& state) {
  return {{"service", state.service}, {"backend", state.label}};
}

}  // namespace

void collectBalance(const std::vector<BackendState>& states, Families& out) {
  Family weight =
      gaugeFamily("lb_backend_weight", "The backend's share of the load, as a weight; less while it warms up.");
  Family latency = gaugeFamily("lb_backend_latency_ewma_seconds",
                               "The moving average of latency that peak_ewma goes by, penalties included.");
  Family limit = gaugeFamily("lb_backend_concurrency_limit", "Requests at a time that limits.adaptive allows, if on.");
  for (const BackendState& state : states) {
    weight.add(of(state), state.weight);
    if (state.concurrency_limit) limit.add(of(state), *state.concurrency_limit);
    if (state.latency_seconds) latency.add(of(state), *state.latency_seconds);
  }
  out.push_back(weight.take());
  out.push_back(limit.take());
  out.push_back(latency.take());
}

}  // namespace lb::observe
