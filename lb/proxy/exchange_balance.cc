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

// Since when the backend has had to answer: of a request with a body that has taken its time, since its end. None: not
// yet, because it has not got all of it.
std::optional<MonoTime> Exchange::backendsTurn(const http::MessageTimes& times) const {
  if (framing_.kind == http::BodyKind::None) return attempt_begin_;
  if (times.write_last == MonoTime{}) return std::nullopt;
  return std::max(attempt_begin_, times.write_last);
}

// A final head has come: the backend has shown how fast it is.
void Exchange::backendAnswered(const http::ResponseHead& head) {
  if (service_->settings().balance != config::Balance::PeakEwma) return;
  const std::optional<MonoTime> begin = backendsTurn(upstream_->times());
  const Duration took = begin ? upstream_->times().read_first - *begin : Duration::zero();
  if (head.status >= 500 || head.status == 429) {
    learnLatency(std::max(took, balance::Latency::kPenalty));
  } else if (took > Duration::zero()) {  // else it has answered before the end
    learnLatency(took);
  }
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
  // It is not to blame: a pooled connection that had been closed before it was used again, a lack of descriptors, a
  // client that is slow, the end of a tunnel.
  if (backend_judged_) return;
  const std::optional<MonoTime> begin = backendsTurn(upstream_->times());
  const Duration took = begin && !answering() ? context_.clock.precise() - *begin : Duration::zero();
  if (result == AttemptResult::Cancelled) {
    if (took > Duration::zero()) backend_->shared().latency.observeAtLeast(took, context_.clock.now());
  } else if (result != AttemptResult::Ok && result != AttemptResult::Http5xx) {
    learnLatency(std::max(took, balance::Latency::kPenalty));
  }
}

void Exchange::learnLatency(Duration took) {
  backend_->shared().latency.observe(took, context_.clock.now());
}

}  // namespace lb::proxy
