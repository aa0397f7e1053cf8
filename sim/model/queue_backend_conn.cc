// See queue_backend_conn.h.
#include "sim/model/queue_backend_conn.h"

#include <algorithm>
#include <utility>

namespace sim::model {
namespace {

constexpr std::uint64_t kBodyPiece = 32 * 1024;

}  // namespace

using lb::Interest;
using lb::IoStatus;

QueueBackend::Conn::Conn(QueueBackend& owner, std::unique_ptr<lb::Stream> stream)
    : owner_(owner), stream_(std::move(stream)) {
  stream_->bind(this);
  updateInterest();
}

void QueueBackend::Conn::setReading(bool reading) {
  reading_ = reading;
  updateInterest();
}

void QueueBackend::Conn::updateInterest() {
  if (!stream_) return;
  const Interest read = reading_ ? Interest::Read : Interest::None;
  stream_->want(reading_ && phase_ == Phase::Answer ? read | Interest::Write : read);
}

void QueueBackend::Conn::abort() {
  stream_->abort();
  close();
}

void QueueBackend::Conn::leave() {
  close_ = true;
  if (phase_ == Phase::Head && partial_.empty()) close();
}

void QueueBackend::Conn::close() {
  if (phase_ != Phase::Head || !partial_.empty()) ++owner_.counters_.abandoned;
  if (phase_ == Phase::Service && owner_.plan_.drops_abandoned) owner_.station_.withdraw(*this);
  if (phase_ == Phase::Service && !owner_.plan_.drops_abandoned) owner_.station_.forget(*this);
  stream_->want(Interest::None);
  owner_.env_.loop.retire(std::move(stream_));
  owner_.remove(*this);
}

void QueueBackend::Conn::onReady(Interest ready) {
  if (has(ready, Interest::Write) && phase_ == Phase::Answer) writeSome();
  if (stream_ && has(ready, Interest::Read)) readSome();
  updateInterest();
}

void QueueBackend::Conn::readSome() {
  std::string& scratch = owner_.scratch_;
  const lb::Space space = std::as_writable_bytes(std::span(scratch));
  const lb::IoResult result = stream_->read(std::span(&space, 1));
  if (result.status == IoStatus::WouldBlock) return;
  if (result.status != IoStatus::Ok) {
    close();
  } else {
    receive(std::string_view(scratch).substr(0, result.bytes));
  }
}

void QueueBackend::Conn::violate(const char* what) {
  owner_.violate("request " + std::to_string(id_) + ": " + what);
  abort();
}

void QueueBackend::Conn::receive(std::string_view text) {
  if (phase_ == Phase::Body) return receiveBody(text);
  if (phase_ != Phase::Head) return violate("bytes behind it before its answer");
  const bool joined = !partial_.empty();
  if (joined) text = partial_.append(text);
  FastHead head;
  switch (parseHead(HeadKind::Request, text, head)) {
    case HeadStatus::Partial:
      if (!joined) partial_ = text;
      return;
    case HeadStatus::Bad: return violate("not the head of a request");
    case HeadStatus::Complete: break;
  }
  if (!head.id) return violate("it has no number");
  id_ = *head.id;
  head_request_ = head.start_line.starts_with("HEAD ");
  wanted_bytes_ = head.answer;
  close_ = close_ || head.close;
  body_bytes_ = head.body_bytes;
  body_received_ = 0;
  phase_ = Phase::Body;
  const std::string whole = joined ? std::exchange(partial_, {}) : std::string();
  receiveBody((joined ? std::string_view(whole) : text).substr(head.bytes));
}

void QueueBackend::Conn::receiveBody(std::string_view text) {
  if (text.size() > body_bytes_ - body_received_) return violate("more bytes than it has");
  if (!isBody(text, id_, body_received_)) return violate("a wrong byte in its body");
  body_received_ += text.size();
  if (body_received_ == body_bytes_) requestComplete();
}

void QueueBackend::Conn::requestComplete() {
  ++owner_.counters_.requests;
  phase_ = Phase::Service;
  if (owner_.station_.offer(*this)) return;
  ++owner_.counters_.overloaded;
  answer(503);
}

void QueueBackend::Conn::onServed() {
  const bool fails = owner_.chance_.chance(owner_.errors_);
  if (fails) ++owner_.counters_.failed;
  answer(fails ? owner_.error_status_ : 200);
}

void QueueBackend::Conn::answer(int status) {
  phase_ = Phase::Answer;
  answer_bytes_ =
      wanted_bytes_ ? *wanted_bytes_ : static_cast<std::uint64_t>(owner_.plan_.answer.sample(owner_.chance_));
  answer_queued_ = head_request_ ? answer_bytes_ : 0;
  outbox_ = "HTTP/1.1 ";
  appendNumber(outbox_, static_cast<std::uint64_t>(status));
  outbox_ += " Modelled\r\nX-Backend: ";
  appendNumber(outbox_, owner_.plan_.number);
  outbox_ += "\r\nX-Id: ";
  appendNumber(outbox_, id_);
  outbox_ += "\r\nContent-Length: ";
  appendNumber(outbox_, answer_bytes_);
  outbox_ += close_ ? "\r\nConnection: close\r\n\r\n" : "\r\n\r\n";
  outbox_sent_ = 0;
  writeSome();
  updateInterest();
}

void QueueBackend::Conn::writeSome() {
  for (;;) {
    if (outbox_sent_ == outbox_.size() || outbox_.size() < kBodyPiece) {
      if (outbox_sent_ == outbox_.size()) outbox_.clear(), outbox_sent_ = 0;
      const std::uint64_t count = std::min(answer_bytes_ - answer_queued_, kBodyPiece);
      appendBody(outbox_, id_, answer_queued_, count);
      answer_queued_ += count;
      if (outbox_.empty()) break;
    }
    const lb::Bytes piece = std::as_bytes(std::span(outbox_)).subspan(outbox_sent_);
    const lb::IoResult result = stream_->write(std::span(&piece, 1));
    if (result.status == IoStatus::WouldBlock) return;
    if (result.status != IoStatus::Ok) return close();
    outbox_sent_ += result.bytes;
  }
  ++owner_.counters_.answered;
  phase_ = Phase::Head;
  if (close_) close();
}

}  // namespace sim::model
