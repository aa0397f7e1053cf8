// The moves of an exchange. What is booked and logged of it is in exchange_record.cc.
#include "lb/proxy/exchange.h"

#include <algorithm>
#include <utility>

#include "lb/base/check.h"
#include "lb/front/http_date.h"
#include "lb/front/reply.h"
#include "lb/http/hop_by_hop.h"
#include "lb/proxy/affinity.h"
#include "lb/proxy/error_reply.h"
#include "lb/proxy/header_rules.h"

namespace lb::proxy {

using http::ResponseFailure;
using observe::AttemptResult;
using observe::Reason;

Exchange::Exchange(ExchangeContext& context) : context_(context), replay_(context.blocks) {}

void Exchange::begin(http::RequestHead& head, const http::Framing& framing, http::ResponseWriter& client) {
  phase_ = Phase::Start;
  head_ = &head;
  framing_ = framing;
  client_ = &client;
  service_ = nullptr;
  backend_ = nullptr;
  upstream_ = nullptr;
  upgrade_.clear();
  named_up_.clear();
  named_down_.clear();
  path_text_ = head.path_text;
  fields_sent_ = head.fields.size();
  backend_times_ = {};
  earlier_attempts_ = {};
  body_bytes_ = backend_bytes_in_ = backend_bytes_out_ = 0;
  detail_ = "";
  counted_ = {};
  failure_ = {};
  total_due_ = {};
  queue_time_ = observe::kUnknown;
  held_time_ = {};
  retry_after_ = std::chrono::seconds(1);
  attempts_ = retries_ = backoffs_ = tried_count_ = 0;
  retried_for_.reset();
  retry_denied_.reset();
  status_ = 0;
  reason_ = Reason::None;
  aborted_ = observe::AbortPhase::None;
  replayable_ = request_ended_ = reused_ = backend_broke_ = continued_ = interim_passed_ = false;
  peer_ = client.peer();
  if (context_.access_log != nullptr) listener_ = client.local();  // only the log wants to know
  identify(head, peer_, context_.config->trusted_proxies, context_.random, identity_);
}

void Exchange::enter(Phase next) {
  LB_CHECK(legal(phase_, next));
  if (phase_ == Phase::Wait) {
    leaveQueue();
    if (deadlines_) deadlines_->clear(kBackoffSlot);
  }
  phase_ = next;
}

void Exchange::forward(back::Service& service, const Decision& decision) {
  service_ = &service;
  rules_ = decision.rules;
  service.addUser();
  service.stats().inflight_requests.add();
  const config::Service& settings = service.settings();
  if (settings.retry.attempts > 0) {
    budgeted_ = true;
    service.retryBudget().requestBegins(settings.retry.budget.percent);
  }
  if (!withinRate()) return;
  const std::uint64_t body_max = settings.limits.max_body;
  if (body_max > 0 && framing_.kind == http::BodyKind::Length && framing_.length > body_max) {
    reply(413, Reason::BodyTooLarge, kBodyTooLarge);
    return;
  }
  if (framing_.kind == http::BodyKind::None && head_->version == http::Version::Http11)
    upgrade_ = http::upgradeOffer(head_->fields);
  affinity_ = affinityOf(service.settings(), *head_, identity_.client.ip);
  if (framing_.kind == http::BodyKind::Chunked) named_up_ = http::namedByConnection(head_->fields);
  rewriteRequest(*head_, peer_, identity_);
  if (rules_) applyRules(rules_->request, head_->fields);
  applyRules(service.settings().headers.request, head_->fields);
  replayable_ = true;
  replay_max_ = service.settings().retry.body_limit;
  if (settings.timeouts.total > Duration::zero()) {
    deadlines().set(kTotalSlot, settings.timeouts.total);
    total_due_ = context_.clock.now() + settings.timeouts.total;
  }
  dispatch();
}

Deadlines& Exchange::deadlines() {
  if (!deadlines_) deadlines_ = std::make_unique<Deadlines>(context_.loop, context_.clock, *this);
  return *deadlines_;
}

// Sends the chosen backend what is known of the request so far.
void Exchange::send(bool fresh) {
  enter(Phase::Forward);
  const MonoTime now = context_.clock.precise();
  if (attempts_++ > 0) {
    earlier_attempts_ += now - attempt_begin_;
    service_->stats().retries[static_cast<std::size_t>(retry_why_)].add();
    retried_for_ = retry_why_;
  }
  attempt_begin_ = now;
  attempt_booked_ = false;
  counted_ = {};
  health_epoch_ = backend_->shared().health.read().epoch();
  backend_judged_ = false;
  // An HTTP/1.0 request may come without Host; the backend's protocol demands one.
  if (head_->host.empty()) head_->authority = backend_->stats().label;
  // Who could not be sent again gets a connection that was looked at.
  const bool once =
      !http::isIdempotent(head_->method) || framing_.kind == http::BodyKind::Chunked || framing_.length > replay_max_;
  upstream_ = &backend_->lease(*this, {.fresh = fresh, .verify_quiet = once});
  reused_ = upstream_->reused();
  upstream_->sendHead(*head_, framing_, upgrade_);
  if (!replay_.empty()) {
    buf::Buffer again(context_.blocks);
    replay_.shareTo(again, replay_.size());
    upstream_->sendBody(again);
    if (replay_.size() > replay_max_) {  // what came while it waited
      replayable_ = false;
      replay_.clear();
    }
  }
  if (request_ended_) upstream_->sendEnd(nullptr);
  watchTry();
}

// Outside of the client's own events. Stands last in its function.
void Exchange::sendWhatIsKnown() {
  client_->pauseRequest(upstream_->congested());
  upstream_->flush();
}

void Exchange::watchTry() {
  const Duration limit = service_->settings().retry.per_try_timeout;
  if (limit > Duration::zero() && request_ended_) deadlines().set(kTrySlot, limit);
}

void Exchange::keepForReplay(const buf::Buffer& body) {
  if (!replayable_) return;
  if (replay_.size() + body.size() > replay_max_) {
    replayable_ = false;
    replay_.clear();
    return;
  }
  body.shareTo(replay_, body.size());
}

void Exchange::onRequestBody(buf::Buffer& body) {
  body_bytes_ += body.size();
  if (upstream_ == nullptr && phase_ != Phase::Wait) {  // answered already: nobody wants it
    body.clear();
    return;
  }
  const std::uint64_t body_max = service_->settings().limits.max_body;
  if (phase_ == Phase::Tunnel) {
    touchTunnel();
  } else if (body_max > 0 && body_bytes_ > body_max) {
    body.clear();
    abandonBackend(AttemptResult::Cancelled);
    if (unanswered()) {
      reply(413, Reason::BodyTooLarge, kBodyTooLarge);
    } else {
      reason_ = Reason::BodyTooLarge;
      finish();
      client_->reset();
    }
    return;
  } else if (phase_ == Phase::Wait) {  // was on its way when reading stopped
    body.moveTo(replay_);
    return;
  } else if (phase_ == Phase::Forward) {
    keepForReplay(body);
  }
  upstream_->sendBody(body);
  if (upstream_->congested()) client_->pauseRequest(true);
}

void Exchange::onRequestEnd(const http::Fields* trailers) {
  request_ended_ = true;
  if (trailers != nullptr) replayable_ = false;
  if (upstream_ == nullptr) return;
  const auto passed = editTrailers(trailers, named_up_, &config::Headers::request);
  upstream_->sendEnd(passed ? &*passed : nullptr);
  if (phase_ == Phase::Forward) watchTry();
}

void Exchange::onRequestBatchEnd() {
  if (upstream_ != nullptr) upstream_->flush();
}

void Exchange::onRequestDrained() {
  client_->pauseRequest(false);
}

void Exchange::onResponseDrained() {
  if (upstream_ != nullptr) upstream_->pauseResponse(false);
}

void Exchange::onInterim(http::ResponseHead& head) {
  // Memory stays bounded whatever a backend sends: 100 (Continue) passes once, others not to a client that does not
  // read.
  if (head.status == 100 ? std::exchange(continued_, true) : client_->congested()) return;
  if (head.status != 100) interim_passed_ = true;
  http::dropHopByHop(head.fields);
  client_->sendInterim(head);
}

void Exchange::onResponseHead(http::ResponseHead& head, const http::Framing& framing) {
  if (deadlines_) deadlines_->clear(kTrySlot);
  backendAnswered(head);
  if (holdAnswer(head, framing)) return;
  dropHeld();
  if (head.status < 500) backend_->shared().health.answered(health_epoch_);
  if (head.status == 101) {
    beginTunnel(head);
  } else {
    relayHead(head, framing);
  }
}

void Exchange::relayHead(http::ResponseHead& head, const http::Framing& framing) {
  status_ = head.status;
  replayable_ = false;
  replay_.clear();
  if (framing.kind == http::BodyKind::Chunked) named_down_ = http::namedByConnection(head.fields);
  http::dropHopByHop(head.fields);
  editResponse(head.fields);
  markBackend(head);
  enter(Phase::Relay);
  // RFC 9110 6.6.1: whoever forwards a response without a Date supplies one.
  if (head.fields.count(http::FieldId::Date) == 0) head.fields.add("Date", context_.date.at(context_.clock.wall()));
  client_->sendHead(head, framing, {});
}

void Exchange::onResponseBody(buf::Buffer& body) {
  if (phase_ == Phase::Tunnel) touchTunnel();
  client_->sendBody(body);
  if (client_->congested()) upstream_->pauseResponse(true);
}

void Exchange::onResponseEnd(const http::Fields* trailers) {
  if (phase_ != Phase::Tunnel) {
    attemptEnded(status_ >= 500 ? AttemptResult::Http5xx : AttemptResult::Ok, status_);
    upstream_ = nullptr;
    if (deadlines_) deadlines_->clearAll();
    client_->pauseRequest(false);  // what still comes is read and thrown away
  }
  endAnswer(trailers);
}

void Exchange::onResponseBatchEnd() {
  client_->flush();
}

void Exchange::onRequestFailed(const http::Problem& problem) {
  const Reason reason = problem.status == 408 ? Reason::RequestTimeout : Reason::BadRequest;
  // Answered already, in full: the connection closes by itself.
  if (phase_ == Phase::Reply || (phase_ == Phase::Relay && upstream_ == nullptr)) return;
  abandonBackend(AttemptResult::Cancelled);
  if (unanswered()) {
    reply(problem.status, reason, problem.what);
    return;
  }
  reason_ = reason;
  detail_ = problem.what;
  aborted_ = observe::AbortPhase::Request;
  finish();
  client_->reset();
}

void Exchange::onRequestReset(http::RequestReset why) {
  if (phase_ == Phase::Done) return;
  if (why == http::RequestReset::Shutdown) {  // our doing, not the client's
    if (reason_ == Reason::None) {            // an answer of our own that is cut has had its reason
      reason_ = Reason::Draining;
      detail_ = "cut when the time for draining was over";
    }
    if (status_ == 0) status_ = 503;
  } else if (!request_ended_ && phase_ != Phase::Tunnel && phase_ != Phase::Relay) {
    aborted_ = observe::AbortPhase::Request;
  } else {
    aborted_ = unanswered() ? observe::AbortPhase::Wait : observe::AbortPhase::Response;
  }
  abandonBackend(phase_ == Phase::Tunnel ? AttemptResult::Ok : AttemptResult::Cancelled);
  finish();
}

void Exchange::onDeadline(std::size_t slot) {
  if (slot == kTunnelSlot) {
    if (tunnelMayGoOn()) return;
    abandonBackend(AttemptResult::Ok);
    finish();
    client_->reset();
    return;
  }
  if (slot == kTrySlot) {
    onTryTimeout();
    return;
  }
  if (slot == kBackoffSlot) {
    resend();
    return;
  }
  // Within the answer, or before the request is complete, it may be the client that is slow.
  if (upstream_ != nullptr && (answering() || !request_ended_))
    reportHealth(AttemptResult::Cancelled, answering() && client_->congested() ? status_ : std::uint16_t{0});
  abandonBackend(AttemptResult::Timeout);
  failure_ = {504, Reason::BackendTimeout, "the exchange took longer than timeouts.total"};
  if (answering()) {
    reason_ = failure_.reason;
    detail_ = failure_.detail;
    finish();
    client_->reset();
    return;
  }
  if (held_ && !held_->ended()) dropHeld();  // there is no time for the rest of it
  giveUp();
}

void Exchange::abandonBackend(AttemptResult result) {
  if (upstream_ == nullptr) return;
  back::UpstreamConn& connection = *upstream_;
  attemptEnded(result, answering() ? status_ : std::uint16_t{0});
  upstream_ = nullptr;
  connection.reset();
}

// `code`: of the head that it had answered with.
void Exchange::attemptEnded(AttemptResult result, std::uint16_t code) {
  if (deadlines_) deadlines_->clear(kTrySlot);
  backend_times_ = upstream_->times();
  countBytes(backend_times_, counted_);
  if (std::exchange(attempt_booked_, false)) return;  // when its answer was put by
  observe::bookAttempt(result, code, backend_->stats());
  backendFailed(result);
  reportHealth(result, code);
  // Who went away early says nothing of the backend's latency.
  const bool telling = result == AttemptResult::Ok || result == AttemptResult::Timeout;
  const std::optional<MonoTime> turn = backendsTurn();
  if (telling && turn && backend_times_.write_first != MonoTime{}) {
    const bool answered = backend_times_.read_head != MonoTime{};
    const Duration took =
        (answered ? backend_times_.read_head : context_.clock.precise()) - std::max(*turn, backend_times_.write_first);
    if (took > Duration::zero()) backend_->noteLatency(backend_times_.write_first, took);
  }
}

void Exchange::countBytes(const http::MessageTimes& now, const http::MessageTimes& before) {
  backend_bytes_in_ += now.bytes_read - before.bytes_read;
  backend_bytes_out_ += now.bytes_written - before.bytes_written;
}

void Exchange::reply(std::uint16_t status, Reason reason, const char* detail) {
  enterReply(status, reason, detail);
  const ErrorReply error{.status = status,
                         .reason = reason,
                         .detail = detail,
                         .request_id = identity_.request_id,
                         .retry_after = retry_after_};
  withErrorReply(error, [&](const front::Reply& made) {
    front::sendReply(*client_, made, head_->method, context_.clock.wall(), context_.blocks);
  });
}

}  // namespace lb::proxy
