// What an exchange does when an attempt fails: whether the request may go to a backend again, to which one, and when;
// and what the client gets when it may not.
#include <algorithm>
#include <array>
#include <utility>

#include "lb/base/random_util.h"
#include "lb/proxy/exchange.h"

namespace lb::proxy {

using http::ResponseFailure;
using observe::AttemptResult;
using observe::Reason;
using observe::RetryDenial;
using observe::RetryReason;

namespace {

struct Verdict {
  std::uint16_t status;
  Reason reason;
  AttemptResult result;
};
constexpr std::array<Verdict, 8> kVerdicts{{
    {502, Reason::ConnectFailed, AttemptResult::ConnectError},
    {504, Reason::ConnectTimeout, AttemptResult::ConnectError},
    {503, Reason::Overloaded, AttemptResult::ConnectError},
    {502, Reason::BackendClosed, AttemptResult::Reset},
    {502, Reason::BadBackendResponse, AttemptResult::ProtocolError},
    {504, Reason::BackendTimeout, AttemptResult::Timeout},
    {504, Reason::BackendTimeout, AttemptResult::Timeout},
    {408, Reason::RequestTimeout, AttemptResult::Cancelled},
}};

// What retry.retry_on calls it, if it has a word for it and has that on.
std::optional<RetryReason> retriedAs(ResponseFailure why, bool answer_begun, const config::RetryOn& on) {
  switch (why) {
    case ResponseFailure::ConnectRefused:
    case ResponseFailure::ConnectTimeout:
      return on.connect_failure ? std::optional(RetryReason::ConnectFailure) : std::nullopt;
    case ResponseFailure::Closed: return on.reset && !answer_begun ? std::optional(RetryReason::Reset) : std::nullopt;
    case ResponseFailure::HeaderTimeout: return on.timeout ? std::optional(RetryReason::Timeout) : std::nullopt;
    default: return std::nullopt;
  }
}

}  // namespace

// RFC 9110 9.2.2: what has not left, whatever it is; what has, if a second time changes nothing or the client vouches
// for that. Nothing else is ever sent twice.
bool Exchange::safeToRepeat() const {
  if (!upstream_->anyByteWritten() || http::isIdempotent(head_->method)) return true;
  return service_->settings().retry.idempotency_key && head_->fields.find("Idempotency-Key").has_value();
}

// Full jitter: anything from nothing to a bound that doubles each time.
Duration Exchange::drawBackoff() {
  const config::Retry& retry = service_->settings().retry;
  const std::uint32_t doublings = std::min(backoffs_++, 20U);
  const Duration bound = std::min(retry.backoff_max, retry.backoff_base * (std::int64_t{1} << doublings));
  return Duration(static_cast<Duration::rep>(below(context_.random, static_cast<std::uint64_t>(bound.count()) + 1)));
}

// REQUIRES: the failed attempt is still upstream_'s. Charges the budget if there is no denial.
std::optional<RetryDenial> Exchange::denialOf(RetryReason why) {
  const config::Retry& retry = service_->settings().retry;
  if (retries_ >= retry.attempts) return RetryDenial::Exhausted;
  if (!safeToRepeat()) return RetryDenial::NotIdempotent;
  if (!replayable_) return RetryDenial::BodyTooLarge;
  backoff_ = Duration::zero();
  if (!service_->canPick(tried())) {
    // Whoever cannot be connected to, or broke off, is left alone; who was too slow or busy may do better later.
    const bool hopeless = why == RetryReason::ConnectFailure || why == RetryReason::Reset;
    if (hopeless || service_->hasOther(tried()) || !service_->hasBackends()) {
      return RetryDenial::NoHost;
    }
    tried_count_ = 0;
    backoff_ = drawBackoff();
  }
  const MonoTime now = context_.clock.now();
  if (total_due_ != MonoTime{} && now + backoff_ >= total_due_) return RetryDenial::Deadline;
  // What no backend has seen is no more work for any of them, whatever becomes of it: the budget is for what they see.
  if (!upstream_->anyByteWritten()) return std::nullopt;
  if (!service_->retryBudget().take(retry.budget, now)) return RetryDenial::Budget;
  permit_ = true;
  return std::nullopt;
}

void Exchange::denyRetry(RetryDenial why) {
  service_->stats().retries_denied[static_cast<std::size_t>(why)].add();
  retry_denied_ = why;
}

// True: another attempt will be made, and is paid for.
bool Exchange::decideRetry(RetryReason why) {
  if (service_->settings().retry.attempts == 0 || interim_passed_) return false;
  releasePermit();
  if (const auto denial = denialOf(why)) {
    denyRetry(*denial);
    return false;
  }
  ++retries_;
  retry_why_ = why;
  return true;
}

void Exchange::releasePermit() {
  if (std::exchange(permit_, false)) service_->retryBudget().retryEnds();
}

void Exchange::again() {
  if (backoff_ == Duration::zero()) {
    resend();
    return;
  }
  enter(Phase::Wait);
  if (!request_ended_) client_->pauseRequest(true);
  deadlines().set(kBackoffSlot, backoff_);
}

void Exchange::resend() {
  back::Backend* next = pick();
  if (next == nullptr) {
    denyRetry(RetryDenial::NoHost);
    giveUp();
    return;
  }
  adopt(*next);
  send(false);
  sendWhatIsKnown();
}

// The backend closed the pooled connection just as it was used again: nobody's failure, once more on a fresh one. That
// is no attempt of retry.attempts, costs no budget, and the request keeps the place that it has.
bool Exchange::sendsAgain(ResponseFailure why) const {
  return isStale(why) && phase_ == Phase::Forward && replayable_ &&
         (!upstream_->anyByteWritten() || http::isIdempotent(head_->method));
}

bool Exchange::isStale(ResponseFailure why) const {
  return why == ResponseFailure::Closed && reused_ && !upstream_->anyByteRead();
}

bool Exchange::replayStale(ResponseFailure why) {
  if (isStale(why)) backend_->stats().connections_stale_reuse.add();
  if (!sendsAgain(why)) return false;
  backend_judged_ = true;  // by what comes of it there
  attemptEnded(AttemptResult::Reset);
  upstream_ = nullptr;
  retry_why_ = RetryReason::StaleConnection;
  send(true);
  sendWhatIsKnown();
  return true;
}

void Exchange::onResponseFailed(ResponseFailure why, const char* detail) {
  if (replayStale(why)) return;
  if (isStale(why) || why == ResponseFailure::Exhausted)
    reportHealth(AttemptResult::Cancelled, 0);  // not the backend's doing
  const Verdict& verdict = kVerdicts[static_cast<std::size_t>(why)];
  failure_ = {verdict.status, verdict.reason, detail};
  const auto retried =
      phase_ == Phase::Forward ? retriedAs(why, upstream_->anyByteRead(), service_->settings().retry.on) : std::nullopt;
  const bool retry = retried && decideRetry(*retried);
  attemptEnded(verdict.result, answering() ? status_ : std::uint16_t{0});
  upstream_ = nullptr;
  if (retry) {
    again();
  } else if (answering()) {
    reason_ = verdict.reason;
    detail_ = detail;
    backend_broke_ = why != ResponseFailure::ClientStalled;
    finish();
    client_->reset();  // what has been passed on must not look complete
  } else {
    giveUp();
  }
}

void Exchange::onTryTimeout() {
  failure_ = {504, Reason::BackendTimeout, "an attempt took longer than retry.per_try_timeout"};
  const bool retry = service_->settings().retry.on.timeout && decideRetry(RetryReason::Timeout);
  abandonBackend(AttemptResult::Timeout);
  if (retry) {
    again();
  } else {
    giveUp();
  }
}

// An answer that retry.retry_on names: kept until another attempt has given a better one. One that came before the
// request was complete is passed on, because what its backend has not read cannot be taken back.
bool Exchange::holdAnswer(const http::ResponseHead& head, const http::Framing& framing) {
  const std::vector<std::uint16_t>& statuses = service_->settings().retry.on.statuses;
  if (!request_ended_ || std::ranges::find(statuses, head.status) == statuses.end()) return false;
  if (!decideRetry(RetryReason::Status)) return false;
  dropHeld();
  failure_ = {502, Reason::BackendClosed, "the backend broke off an answer that was to be passed on"};
  attemptEnded(AttemptResult::Http5xx, head.status);
  held_ = std::make_unique<HeldResponse>(*std::exchange(upstream_, nullptr), *backend_, head, framing,
                                         earlier_attempts_, context_.blocks, context_.config->limits.buffer_bytes);
  again();
  return true;
}

void Exchange::dropHeld() {
  if (!held_) return;
  countBytes(held_->times(), held_->timesAtHead());
  held_.reset();
}

// No further attempt: the last real answer if there was one, else what the last failure says.
void Exchange::giveUp() {
  if (held_ && held_->usable()) {
    passOnHeld();
    return;
  }
  reply(failure_.status, failure_.reason, failure_.detail);
  client_->flush();
}

void Exchange::passOnHeld() {
  const std::unique_ptr<HeldResponse> held = std::move(held_);
  held->backend().addUser();
  std::exchange(backend_, &held->backend())->dropUser();
  backend_times_ = held->times();
  earlier_attempts_ = held->earlierAttempts();
  reused_ = held->reused();
  attempt_booked_ = true;
  counted_ = held->timesAtHead();
  held_time_ = context_.clock.precise() - counted_.read_head;
  relayHead(held->head(), held->framing());
  if (!held->body().empty()) client_->sendBody(held->body());
  upstream_ = held->takeConnection(*this);
  if (upstream_ == nullptr) {
    countBytes(held->times(), counted_);
    if (deadlines_) deadlines_->clearAll();
    client_->pauseRequest(false);
    endAnswer(held->trailers());
  } else {
    upstream_->pauseResponse(client_->congested());
  }
  client_->flush();
}

}  // namespace lb::proxy
