// The end of an exchange: its record, its numbers, its line in the access log.
#include <algorithm>
#include <utility>

#include "lb/base/check.h"
#include "lb/http/path_form.h"
#include "lb/observe/access_log.h"
#include "lb/proxy/exchange.h"

namespace lb::proxy {
namespace {

using observe::kUnknown;

// From one reading to a later one; unknown if either did not happen. Readings may cross where two directions overlap
// (an answer that comes before the request is complete): then no time passed.
Duration between(MonoTime from, MonoTime to) {
  if (from == MonoTime{} || to == MonoTime{}) return kUnknown;
  return std::max(to - from, Duration::zero());
}

}  // namespace

observe::Phases Exchange::phases() const {
  const http::MessageTimes& client = client_->times();
  const http::MessageTimes& backend = backend_times_;
  observe::Phases phases;
  phases.total = between(client.read_first, client.write_last);
  phases.receive = between(client.read_first, client.read_last);
  phases.response = between(client.write_first, client.write_last);
  phases.queue = queue_time_;
  if (attempts_ == 0) return phases;
  phases.connect = between(backend.connect_begin, backend.connect_end);
  phases.send = between(backend.write_first, backend.write_last);
  phases.wait = between(backend.write_last, backend.read_first);
  phases.backend_receive = between(backend.read_first, backend.read_last);
  const Duration to_backend = between(client.read_head, backend.write_first);
  if (to_backend != kUnknown) {
    const Duration connecting = phases.connect == kUnknown ? Duration::zero() : phases.connect;
    const Duration waiting = std::max(queue_time_, Duration::zero());
    phases.overhead_request = std::max(to_backend - connecting - waiting - earlier_attempts_, Duration::zero());
  }
  if (status_ != 0 && reason_ == observe::Reason::None) {
    phases.overhead_response = between(backend.read_first, client.write_first);
    if (phases.overhead_response != kUnknown) {
      phases.overhead_response = std::max(phases.overhead_response - held_time_, Duration::zero());
    }
  }
  return phases;
}

// What an attempt says of its backend's health: once, and nothing when it was the client who went before the answer
// began. Who goes within it has been answered: an endless one ends in no other way.
void Exchange::reportHealth(observe::AttemptResult result, std::uint16_t code) {
  if (std::exchange(backend_judged_, true)) return;
  using observe::AttemptResult;
  const bool gateway_error = code >= 502 && code <= 504;
  back::Outcome outcome = back::Outcome::Bad;
  if (result == AttemptResult::Cancelled && code == 0) {
    outcome = back::Outcome::Nothing;
  } else if (result == AttemptResult::Cancelled || result == AttemptResult::Ok || result == AttemptResult::Http5xx) {
    outcome = code < 500 ? back::Outcome::Good : gateway_error ? back::Outcome::Bad : back::Outcome::Error;
  }
  const Duration wait = between(upstream_->times().write_last, upstream_->times().read_first);
  service_->requestEnded(*backend_, health_epoch_, outcome, wait);
}

void Exchange::onResponseSent() {
  if (upstream_ != nullptr) {  // a tunnel whose two directions have ended
    back::UpstreamConn& connection = *upstream_;
    attemptEnded(observe::AttemptResult::Ok, status_);
    upstream_ = nullptr;
    connection.leave();
  }
  finish();
}

void Exchange::finish() {
  const bool from_backend = answering();
  enter(Phase::Done);
  dropHeld();
  if (deadlines_) deadlines_->clearAll();
  if (aborted_ != observe::AbortPhase::None && status_ == 0) status_ = 499;
  observe::Record record;
  record.method = head_->method;
  record.code = status_;
  record.origin = from_backend ? observe::Origin::Backend : observe::Origin::Proxy;
  record.reason = reason_;
  record.aborted = aborted_;
  record.backend_broke = backend_broke_;
  record.bytes_in = client_->times().bytes_read;
  record.bytes_out = client_->times().bytes_written;
  record.backend_bytes_in = backend_bytes_in_;
  record.backend_bytes_out = backend_bytes_out_;
  record.phases = phases();

  observe::ServiceStats& stats = service_ != nullptr ? service_->stats() : *context_.none;
  observe::book(record, context_.clock.now(), stats, backend_ != nullptr ? &backend_->stats() : nullptr);
  if (context_.access_log != nullptr) writeToLog(record);
}

namespace {

// The first of those that the client sent, whatever rules have made of it.
std::string_view userAgentOf(const http::Fields& fields, std::size_t sent) {
  if (!fields.hadAny(http::bitOf(http::FieldId::UserAgent))) return "";
  for (std::size_t i = 0; i < sent; ++i) {
    if (fields.id(i) == http::FieldId::UserAgent) return fields.value(i);
  }
  return "";
}

}  // namespace

// Completes the record with what only the log wants to know.
void Exchange::writeToLog(observe::Record& record) {
  record.time = context_.clock.wall();
  record.request_id = identity_.request_id;
  record.client = identity_.client;
  record.peer = peer_;
  record.listener = listener_;
  record.method_text = head_->methodText();
  record.version = head_->version;
  record.host = head_->host;
  record.path = path_text_.size == 0 ? "/" : http::withoutQuery(head_->fields.text(path_text_.begin, path_text_.size));
  record.service = service_ != nullptr ? std::string_view(service_->name()) : std::string_view("_none");
  if (backend_ != nullptr) {
    record.backend = backend_->stats().label;
    record.backend_address = backend_->address();
  }
  // When an exchange that was cut began can be read off its line as well; the histograms have whole ones only.
  if (record.phases.total == kUnknown)
    record.phases.total = between(client_->times().read_first, context_.clock.precise());
  record.user_agent = userAgentOf(head_->fields, fields_sent_);
  record.detail = detail_;
  record.attempts = attempts_;
  record.retry_reason = retried_for_;
  record.retry_denied = retry_denied_;
  record.conn_reused = reused_;
  context_.line.clear();
  if (context_.access_format == config::LogFormat::Json) {
    observe::formatJson(record, context_.line);
  } else {
    observe::formatText(record, context_.line);
  }
  context_.access_log->write(context_.line);
}

void Exchange::release() {
  LB_CHECK(upstream_ == nullptr && !held_ && !queued_);
  replay_.clear();
  rules_.reset();
  if (backend_ != nullptr) std::exchange(backend_, nullptr)->dropUser();
  if (service_ != nullptr) {
    service_->stats().inflight_requests.subtract();
    releasePermit();
    if (std::exchange(budgeted_, false)) service_->retryBudget().requestEnds();
    std::exchange(service_, nullptr)->dropUser();
  }
  if (context_.exchanges->full()) {
    context_.loop.retire(std::unique_ptr<Exchange>(this));  // maybe from inside its own timer
  } else {
    FreeList<Exchange>::GiveBack{context_.exchanges}(this);
  }
}

}  // namespace lb::proxy
