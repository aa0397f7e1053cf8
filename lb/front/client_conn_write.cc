// The writing side of a client connection: response events to bytes, and what follows a response.
#include "lb/front/client_conn.h"

#include "lb/base/check.h"
#include "lb/http/body_decoder.h"
#include "lb/http/serializer.h"

namespace lb::front {

void ClientConn::sendInterim(const http::ResponseHead& head) {
  if (state_->head.version == http::Version::Http10) return;
  http::writeResponseHead(head, {}, {}, out_);
  if (head.status != 100 || reading_ != Reading::Body) return;
  waits_for_continue_ = false;  // it has its go-ahead now
  expectBody();
}

bool ClientConn::mustClose() const {
  const bool no_request_can_follow = client_eof_ && in_.empty();
  return !keep_alive_ || close_after_response_ || no_request_can_follow;
}

// Not asked again when the answer ends: by then the client may have sent its next request, because nobody has told it
// not to (RFC 9112 9.6).
bool ClientConn::isLastAnswer() const {
  if (mustClose() || context_.draining) return true;
  const ClientSettings& settings = context_.settings;
  if (settings.requests_max > 0 && requests_ >= settings.requests_max) return true;
  return settings.age_max > Duration::zero() && context_.clock.now() - opened_ >= settings.age_max;
}

void ClientConn::sendHead(const http::ResponseHead& head, const http::Framing& framing, std::string_view upgrade) {
  LB_CHECK(writing_ == Writing::Nothing);
  writing_ = Writing::Body;
  const http::Version version = state_->head.version;
  http::Framing sent = framing;
  if (framing.kind == http::BodyKind::Chunked || framing.kind == http::BodyKind::UntilClose) {
    sent.kind = version == http::Version::Http11 ? http::BodyKind::Chunked : http::BodyKind::UntilClose;
  }
  response_kind_ = sent.kind;
  // An answer that overtakes its request ends the connection, because the rest of the request will not be waited for.
  const bool early = reading_ == Reading::Body;
  if (early) {  // the client may well stop sending now, and is right
    deadlines_.clear(kReadSlot);
    deadlines_.clear(kRateSlot);
  }
  if (sent.kind == http::BodyKind::UntilClose || early || isLastAnswer()) close_after_response_ = true;
  if (out_.empty()) state_->times.write_first = {};  // of the response, not of an interim one
  http::writeResponseHead(
      head, sent, {.client_version = version, .close = close_after_response_ && upgrade.empty(), .upgrade = upgrade},
      out_);
  was_congested_ = was_congested_ || congested();  // by the head alone, where buffers are small
  if (head.status != 101) return;
  tunnel_ = true;
  close_after_response_ = true;
  response_kind_ = http::BodyKind::UntilClose;
  LB_CHECK(reading_ == Reading::Done || reading_ == Reading::Closed);
  if (reading_ == Reading::Closed) return;
  reading_ = Reading::Body;
  state_->decoder.start({.kind = http::BodyKind::UntilClose});
  wakeSoon();  // for what the client has sent already, its end included
}

void ClientConn::sendBody(buf::Buffer& body) {
  if (response_kind_ == http::BodyKind::Chunked) {
    http::encodeChunk(body, out_);
  } else {
    body.moveTo(out_);
  }
  was_congested_ = was_congested_ || congested();
}

void ClientConn::sendEnd(const http::Fields* trailers) {
  LB_CHECK(writing_ == Writing::Body);
  writing_ = Writing::Ended;
  if (response_kind_ == http::BodyKind::Chunked) http::encodeLastChunk(trailers, out_);
}

void ClientConn::flush() {
  if (in_own_event_ || over()) return;  // the event flushes at its end
  flushOut();
  if (reading_ != Reading::Closed) updateInterest();
}

void ClientConn::flushOut() {
  while (!out_.empty()) {
    buf::Buffer::BytesArray storage;
    const IoResult result = stream_->write(out_.slices(storage));
    if (result.status == IoStatus::WouldBlock) break;
    if (result.status != IoStatus::Ok) {
      onGone();
      return;
    }
    last_write_ = context_.clock.precise();
    if (state_) {
      http::MessageTimes& times = state_->times;
      times.write_latest = last_write_;
      if (times.write_first == MonoTime{}) times.write_first = last_write_;
      times.bytes_written += result.bytes;
    }
    out_.consume(result.bytes);
    deadlines_.clear(kWriteSlot);
  }
  onWritten();
}

void ClientConn::onWritten() {
  if (!out_.empty()) {
    deadlines_.setUnlessSet(kWriteSlot, context_.settings.timeouts.response_idle);
  } else if (writing_ == Writing::Ended) {
    responseWritten();
    return;
  }
  if (was_congested_ && out_.empty()) {
    was_congested_ = false;
    if (handler_ && writing_ == Writing::Body) handler_->onResponseDrained();
  }
}

void ClientConn::responseWritten() {
  writing_ = Writing::Finished;
  state_->times.write_last = last_write_;
  if (tunnel_) {
    static_cast<void>(stream_->finish());   // a failure shows at the next read
    if (reading_ == Reading::Body) return;  // the other direction goes on
  }
  finishRequest();
}

void ClientConn::finishRequest() {
  const bool request_incomplete = reading_ == Reading::Body || reading_ == Reading::Failed;
  const bool closing = mustClose();
  deadlines_.clear(kReadSlot);
  deadlines_.clear(kRateSlot);
  handler_->onResponseSent();
  handler_.reset();
  state_.reset();
  if (request_incomplete || closing) {
    closeAfterAll(request_incomplete);
  } else {
    becomeIdle();
  }
}

// Who did not ask for the end may have more requests on their way; closing now would answer them with a reset, which
// destroys what of the responses has not been read yet (RFC 9112 9.6).
void ClientConn::closeAfterAll(bool request_incomplete) {
  if (request_incomplete || keep_alive_ || !in_.empty()) {
    linger();
  } else {
    close();
  }
}

void ClientConn::becomeIdle() {
  reading_ = Reading::Head;
  writing_ = Writing::Nothing;
  close_after_response_ = false;
  paused_ = false;
  was_congested_ = false;
  context_.stats.connections_idle.add();
  counted_idle_ = true;
  deadlines_.set(kReadSlot, context_.settings.timeouts.client_idle);
  if (!in_.empty()) wakeSoon();  // the next request is here already
}

void ClientConn::linger() {
  reading_ = Reading::Linger;
  in_.clear();
  out_.clear();
  if (client_eof_ || stream_->finish() != IoStatus::Ok) {
    close();
    return;
  }
  deadlines_.clearAll();
  deadlines_.set(kReadSlot, kLingerTime);
  if (!in_own_event_) updateInterest();
}

// Called by the handler, which is let go once it is off the stack.
void ClientConn::reset() {
  if (over()) return;
  while (!out_.empty()) {  // as far as the client takes it at once; what matters is that the end is missing
    buf::Buffer::BytesArray storage;
    const IoResult result = stream_->write(out_.slices(storage));
    if (result.status != IoStatus::Ok) break;
    out_.consume(result.bytes);
  }
  if (writing_ == Writing::Nothing || response_kind_ == http::BodyKind::UntilClose) {
    stream_->abort();  // a body that ends with the connection needs it to look cut
    close();
    return;
  }
  // A FIN shows that a chunked or counted body was cut, and leaves the client the responses before this one.
  const bool request_incomplete = reading_ != Reading::Done;
  writing_ = Writing::Finished;
  closeAfterAll(request_incomplete);
  if (reading_ == Reading::Linger && !in_own_event_) deadlines_.set(kKickSlot, Duration::zero());
}

void ClientConn::shutdownNow() {
  if (reading_ == Reading::Closed) return;
  tell(http::RequestReset::Shutdown);
  stream_->abort();
  close();
}

void ClientConn::close() {
  LB_CHECK(reading_ != Reading::Closed);
  reading_ = Reading::Closed;
  deadlines_.clearAll();
  if (counted_idle_) context_.stats.connections_idle.subtract();
  counted_idle_ = false;
  context_.stats.connections_open.subtract();
  context_.owner.onClosed(*this);  // the handler, if there is one, is released with the connection, at the turn's end
}

}  // namespace lb::front
