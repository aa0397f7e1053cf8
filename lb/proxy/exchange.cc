// The moves of an exchange. What is booked and logged of it is in exchange_record.cc.
#include "lb/proxy/exchange.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "lb/base/check.h"
#include "lb/front/http_date.h"
#include "lb/front/reply.h"
#include "lb/http/hop_by_hop.h"
#include "lb/proxy/affinity.h"
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
  path_text_ = head.path_text;
  backend_times_ = {};
  earlier_attempts_ = {};
  body_bytes_ = backend_bytes_in_ = backend_bytes_out_ = 0;
  detail_ = "";
  attempts_ = connect_retries_ = 0;
  status_ = 0;
  reason_ = Reason::None;
  aborted_ = observe::AbortPhase::None;
  replayable_ = request_ended_ = reused_ = backend_broke_ = continued_ = false;
  peer_ = client.client().remote;
  listener_ = client.client().local;
  identify(head, peer_, context_.config->trusted_proxies, context_.random, identity_);
}

void Exchange::enter(Phase next) {
  LB_CHECK(legal(phase_, next));
  phase_ = next;
}

void Exchange::forward(back::Service& service, const Decision& decision) {
  service_ = &service;
  response_rules_ = decision.response_rules;
  service.addUser();
  service.stats().inflight_requests.add();
  const std::uint64_t body_max = service.settings().limits.max_body;
  if (body_max > 0 && framing_.kind == http::BodyKind::Length && framing_.length > body_max) {
    reply(413, Reason::BodyTooLarge, "the request body is larger than this service takes");
    return;
  }
  if (framing_.kind == http::BodyKind::None && head_->version == http::Version::Http11)
    upgrade_ = http::upgradeOffer(head_->fields);
  affinity_ = affinityOf(service.settings(), *head_, identity_.client.ip);
  rewriteRequest(*head_, peer_, identity_);
  if (decision.route != nullptr) applyRules(decision.route->headers.request, head_->fields);
  applyRules(service.settings().headers.request, head_->fields);
  replayable_ = true;
  if (service.settings().timeouts.total > Duration::zero()) {
    if (!deadlines_) deadlines_ = std::make_unique<Deadlines>(context_.loop, context_.clock, *this);
    deadlines_->set(kTotalSlot, service.settings().timeouts.total);
  }
  if (choose(nullptr)) send(false);
}

// Sends the chosen backend what is known of the request so far.
void Exchange::send(bool fresh) {
  enter(Phase::Forward);
  ++attempts_;
  attempt_begin_ = context_.clock.precise();
  // An HTTP/1.0 request may come without Host; the backend's protocol demands one.
  if (head_->authority.empty()) head_->authority = backend_->stats().label;
  // Who could not be sent again gets a connection that was looked at.
  const bool once = !http::isIdempotent(head_->method) || framing_.kind == http::BodyKind::Chunked ||
                    framing_.length > service_->settings().retry.body_limit;
  upstream_ = &backend_->lease(*this, {.fresh = fresh, .verify_quiet = once});
  reused_ = upstream_->reused();
  upstream_->sendHead(*head_, framing_, upgrade_);
  if (!replay_.empty()) {
    buf::Buffer again(context_.blocks);
    replay_.shareTo(again, replay_.size());
    upstream_->sendBody(again);
  }
  if (request_ended_) upstream_->sendEnd(nullptr);
}

void Exchange::keepForReplay(const buf::Buffer& body) {
  if (!replayable_) return;
  if (replay_.size() + body.size() > service_->settings().retry.body_limit) {
    replayable_ = false;
    replay_.clear();
    return;
  }
  body.shareTo(replay_, body.size());
}

void Exchange::onRequestBody(buf::Buffer& body) {
  body_bytes_ += body.size();
  if (upstream_ == nullptr) {  // answered already: nobody wants it
    body.clear();
    return;
  }
  const std::uint64_t body_max = service_->settings().limits.max_body;
  if (phase_ == Phase::Tunnel) {
    touchTunnel();
  } else if (body_max > 0 && body_bytes_ > body_max) {
    body.clear();
    abandonBackend(AttemptResult::Cancelled);
    if (phase_ == Phase::Forward) {
      reply(413, Reason::BodyTooLarge, "the request body is larger than this service takes");
    } else {
      reason_ = Reason::BodyTooLarge;
      finish();
      client_->reset();
    }
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
  if (upstream_ != nullptr) upstream_->sendEnd(trailers);
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
  http::dropHopByHop(head.fields);
  client_->sendInterim(head);
}

void Exchange::onResponseHead(http::ResponseHead& head, const http::Framing& framing) {
  status_ = head.status;
  replayable_ = false;
  replay_.clear();
  if (head.status == 101) {
    const std::string protocol(head.fields.find(http::FieldId::Upgrade).value_or(""));
    http::dropHopByHop(head.fields);
    editResponse(head.fields);
    backendAnswered(head);
    enter(Phase::Tunnel);
    request_ended_ = false;  // from here on, the end of the client's direction
    client_->sendHead(head, {}, protocol);
    if (deadlines_) deadlines_->clear(kTotalSlot);
    touchTunnel();
    return;
  }
  http::dropHopByHop(head.fields);
  editResponse(head.fields);
  backendAnswered(head);
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
    attemptEnded(status_ >= 500 ? AttemptResult::Http5xx : AttemptResult::Ok);
    upstream_ = nullptr;
    if (deadlines_) deadlines_->clearAll();
    client_->pauseRequest(false);  // what still comes is read and thrown away
  }
  client_->sendEnd(trailers);
}

void Exchange::onResponseBatchEnd() {
  client_->flush();
}

// What may be sent again (RFC 9110 9.2.2): everything while no byte of it has left, and what is idempotent when a
// pooled connection turns out to be closed already. A POST whose bytes have left is never sent twice.
Exchange::Retry Exchange::retryAfter(ResponseFailure why) const {
  if (phase_ != Phase::Forward || !replayable_) return Retry::No;
  const bool connect_failed = why == ResponseFailure::ConnectRefused || why == ResponseFailure::ConnectTimeout;
  if (connect_failed) {
    // A pooled connection that turned out to be closed has not been an attempt to connect.
    const bool another = service_->hasOther({&backend_, 1}) && connect_retries_ < service_->settings().retry.attempts;
    return another ? Retry::OtherBackend : Retry::No;
  }
  const bool stale = why == ResponseFailure::Closed && reused_ && !upstream_->anyByteRead();
  if (!stale || (upstream_->anyByteWritten() && !http::isIdempotent(head_->method))) return Retry::No;
  return Retry::SameBackend;
}

void Exchange::again(Retry how) {
  earlier_attempts_ += context_.clock.precise() - attempt_begin_;
  if (how == Retry::SameBackend) {
    // The backend closed the pooled connection just as it was used again: nobody's failure, once more on a fresh one.
    service_->stats().retries_stale.add();
    send(true);
  } else {
    ++connect_retries_;
    service_->stats().retries_connect.add();
    if (choose(backend_)) send(false);
  }
  if (upstream_ != nullptr) {
    client_->pauseRequest(upstream_->congested());
    upstream_->flush();
  } else {
    client_->flush();
  }
}

void Exchange::onResponseFailed(ResponseFailure why, const char* detail) {
  struct Verdict {
    std::uint16_t status;
    Reason reason;
    AttemptResult result;
  };
  static constexpr std::array<Verdict, 7> kVerdicts{{
      {502, Reason::ConnectFailed, AttemptResult::ConnectError},
      {504, Reason::ConnectTimeout, AttemptResult::ConnectError},
      {503, Reason::Overloaded, AttemptResult::ConnectError},
      {502, Reason::BackendClosed, AttemptResult::Reset},
      {502, Reason::BadBackendResponse, AttemptResult::ProtocolError},
      {504, Reason::BackendTimeout, AttemptResult::Timeout},
      {504, Reason::BackendTimeout, AttemptResult::Timeout},
  }};
  const Verdict& verdict = kVerdicts[static_cast<std::size_t>(why)];
  const Retry retry = retryAfter(why);
  if (why == ResponseFailure::Closed && reused_ && !upstream_->anyByteRead()) {
    backend_->stats().connections_stale_reuse.add();
  }
  attemptEnded(verdict.result);
  upstream_ = nullptr;
  if (retry != Retry::No) {
    again(retry);
    return;
  }
  reason_ = verdict.reason;
  detail_ = detail;
  if (answering()) {
    backend_broke_ = true;
    finish();
    client_->reset();  // what has been passed on must not look complete
    return;
  }
  reply(verdict.status, verdict.reason, detail);
  client_->flush();
}

void Exchange::onRequestFailed(const http::Problem& problem) {
  const Reason reason = problem.status == 408 ? Reason::RequestTimeout : Reason::BadRequest;
  // Answered already, in full: the connection closes by itself.
  if (phase_ == Phase::Reply || (phase_ == Phase::Relay && upstream_ == nullptr)) return;
  abandonBackend(AttemptResult::Cancelled);
  if (phase_ == Phase::Forward) {
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
    aborted_ = phase_ == Phase::Forward ? observe::AbortPhase::Wait : observe::AbortPhase::Response;
  }
  abandonBackend(phase_ == Phase::Tunnel ? AttemptResult::Ok : AttemptResult::Cancelled);
  finish();
}

void Exchange::onDeadline(std::size_t slot) {
  if (slot == kTunnelSlot) {
    abandonBackend(AttemptResult::Ok);
    finish();
    client_->reset();
    return;
  }
  abandonBackend(AttemptResult::Timeout);
  reason_ = Reason::BackendTimeout;
  detail_ = "the exchange took longer than timeouts.total";
  if (answering()) {
    finish();
    client_->reset();
    return;
  }
  reply(504, Reason::BackendTimeout, detail_);
  client_->flush();
}

void Exchange::touchTunnel() {
  const Duration idle = service_->settings().timeouts.tunnel_idle;
  if (idle == Duration::zero()) return;
  if (!deadlines_) deadlines_ = std::make_unique<Deadlines>(context_.loop, context_.clock, *this);
  deadlines_->set(kTunnelSlot, idle);
}

void Exchange::abandonBackend(AttemptResult result) {
  if (upstream_ == nullptr) return;
  back::UpstreamConn& connection = *upstream_;
  attemptEnded(result);
  upstream_ = nullptr;
  connection.reset();
}

void Exchange::attemptEnded(AttemptResult result) {
  backend_times_ = upstream_->times();
  backend_bytes_in_ += backend_times_.bytes_read;
  backend_bytes_out_ += backend_times_.bytes_written;
  observe::bookAttempt(result, answering() ? status_ : std::uint16_t{0}, backend_->stats());
  backendFailed(result);
}

void Exchange::reply(std::uint16_t status, Reason reason, const char* detail) {
  enterReply(status, reason, detail);
  const std::string proxy_status = fmt::format("lb; error={}", observe::toString(reason));
  const std::array<std::pair<std::string_view, std::string_view>, 3> fields{{
      {"Proxy-Status", proxy_status},
      {"X-Request-Id", identity_.request_id},
      {"Retry-After", "1"},
  }};
  const bool retry_later = status == 503;
  const std::string body = fmt::format("{} {}: {}\n", status, http::reasonPhrase(status), detail);
  front::sendReply(*client_, {.status = status, .body = body, .fields = std::span(fields).first(retry_later ? 3 : 2)},
                   head_->method, context_.clock.wall(), context_.blocks);
}

}  // namespace lb::proxy
