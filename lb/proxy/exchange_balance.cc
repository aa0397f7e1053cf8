// What an exchange has to do with balancing: who gets it, and what that teaches about backends and clients.
#include <algorithm>

#include "lb/proxy/affinity.h"
#include "lb/proxy/exchange.h"

namespace lb::proxy {

using observe::AttemptResult;

// Another than those tried, with a place reserved on it.
back::Backend* Exchange::pick() {
  affinity_.tried = tried();
  back::Backend* chosen = service_->pick(affinity_);
  affinity_.tried = {};
  return chosen;
}

// REQUIRES: a place on it is reserved.
void Exchange::adopt(back::Backend& chosen) {
  chosen.addUser();
  if (backend_ != nullptr) backend_->dropUser();
  backend_ = &chosen;
  if (tried_count_ < kTriedMax) tried_[tried_count_++] = chosen.id();
}

// A final head has come: the backend has shown how fast it is.
void Exchange::backendAnswered(const http::ResponseHead& head) {
  if (service_->settings().balance != config::Balance::PeakEwma) return;
  const Duration took = upstream_->times().read_first - attempt_begin_;
  const bool refused = head.status >= 500 || head.status == 429;
  learnLatency(refused ? std::max(took, balance::Latency::kPenalty) : took);
}

// The answer is passed on: a sticky client learns whom it belongs to.
void Exchange::markBackend(http::ResponseHead& head) {
  const config::Sticky& sticky = service_->settings().sticky;
  if (!sticky.cookie.empty() && affinity_.wanted != backend_->id())
    addStickyCookie(sticky, backend_->id(), head.fields, context_.line);
}

// An attempt has ended without an answer, or within it.
void Exchange::backendFailed(AttemptResult result) {
  if (service_->settings().balance != config::Balance::PeakEwma) return;
  // A pooled connection that had been closed before it was used again is nobody's failure.
  if (result == AttemptResult::Reset && reused_ && !upstream_->anyByteRead()) return;
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
