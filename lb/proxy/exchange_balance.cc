// What an exchange has to do with balancing: who gets it, and what that teaches about backends and clients.
#include <algorithm>

#include "lb/proxy/affinity.h"
#include "lb/proxy/exchange.h"

namespace lb::proxy {

using observe::AttemptResult;

bool Exchange::choose(const back::Backend* tried) {
  affinity_.tried = {&tried, tried != nullptr ? 1U : 0U};
  back::Backend* chosen = service_->pick(affinity_);
  affinity_.tried = {};
  if (chosen == nullptr) {
    reply(503, observe::Reason::NoHealthyBackend, "no backend of this service has an address and a weight");
    return false;
  }
  chosen->addUser();
  if (backend_ != nullptr) backend_->dropUser();
  backend_ = chosen;
  return true;
}

// A final head has come: the backend has shown how fast it is, and a sticky client learns whom it belongs to.
void Exchange::backendAnswered(http::ResponseHead& head) {
  const config::Service& settings = service_->settings();
  if (settings.balance == config::Balance::PeakEwma) {
    const Duration took = upstream_->times().read_first - attempt_begin_;
    const bool refused = head.status >= 500 || head.status == 429;
    learnLatency(refused ? std::max(took, balance::Latency::kPenalty) : took);
  }
  if (!settings.sticky.cookie.empty() && affinity_.wanted != backend_->id())
    addStickyCookie(settings.sticky, backend_->id(), head.fields, context_.line);
}

// An attempt has ended without an answer, or within it.
void Exchange::backendFailed(AttemptResult result) {
  if (service_->settings().balance != config::Balance::PeakEwma) return;
  const Duration took = context_.clock.precise() - attempt_begin_;
  if (result == AttemptResult::Cancelled) {
    if (!answering()) backend_->shared().latency.observeAtLeast(took, context_.clock.now());
  } else if (result != AttemptResult::Ok && result != AttemptResult::Http5xx) {
    learnLatency(std::max(took, balance::Latency::kPenalty));
  }
}

void Exchange::learnLatency(Duration took) {
  backend_->shared().latency.observe(took, context_.clock.now());
}

}  // namespace lb::proxy
