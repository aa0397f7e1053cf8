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

// Since when it is for the backend to go on: of a request with a body whose client has taken its time, since its end.
// None: not yet.
std::optional<MonoTime> Exchange::backendsTurn() const {
  if (framing_.kind == http::BodyKind::None) return attempt_begin_;
  if (!request_ended_) return std::nullopt;
  return std::max(attempt_begin_, client_->times().read_last);
}

// A final head has come: the backend has shown how fast it is.
void Exchange::backendAnswered(const http::ResponseHead& head) {
  if (service_->settings().balance != config::Balance::PeakEwma) return;
  const Duration took = upstream_->times().read_first - backendsTurn().value_or(upstream_->times().read_first);
  if (head.status >= 500 || head.status == 429) {
    learnLatency(std::max(took, balance::Latency::kPenalty));
  } else if (took > Duration::zero()) {  // else it has answered before the end
    learnLatency(took);
  } else if (!backend_->shared()
                  .latency.known()) {  // better more than it was than nothing: nobody else would get there
    learnLatency(upstream_->times().read_first - attempt_begin_);
  }
}

// The answer is passed on: a sticky client learns whom it belongs to.
void Exchange::markBackend(http::ResponseHead& head) {
  const config::Sticky& sticky = service_->settings().sticky;
  if (sticky.cookie.empty() || affinity_.wanted == backend_->id()) return;
  if (affinity_.wanted != 0) service_->stats().sticky_moved.add();
  addStickyCookie(sticky, backend_->id(), head.fields, context_.line);
}

// An attempt has ended without an answer, or within it.
void Exchange::backendFailed(AttemptResult result) {
  if (service_->settings().balance != config::Balance::PeakEwma) return;
  // It is not to blame: a pooled connection that had been closed before it was used again, a lack of descriptors, a
  // client that is slow, the end of a tunnel.
  if (backend_judged_) return;
  const MonoTime now = context_.clock.precise();
  const Duration took = answering() ? Duration::zero() : now - backendsTurn().value_or(now);
  if (result == AttemptResult::Cancelled) {
    if (took > Duration::zero() && isOfThisBackend())
      backend_->shared().latency.observeAtLeast(took, context_.clock.now());
  } else if (result != AttemptResult::Ok && result != AttemptResult::Http5xx) {
    learnLatency(std::max(took, balance::Latency::kPenalty));
  }
}

// Not of the one that had its address before.
bool Exchange::isOfThisBackend() const {
  return attempt_begin_.since_start.count() >= backend_->shared().joined.load(std::memory_order_relaxed);
}

void Exchange::learnLatency(Duration took) {
  if (isOfThisBackend()) backend_->shared().latency.observe(took, context_.clock.now());
}

}  // namespace lb::proxy
