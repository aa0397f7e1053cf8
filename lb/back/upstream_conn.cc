// Life of a backend connection: connecting, sending, failing, waiting in the pool. The response side is in
// upstream_response.cc.
#include "lb/back/upstream_conn.h"

#include <utility>

#include "lb/base/check.h"
#include "lb/http/serializer.h"

namespace lb::back {

using http::ResponseFailure;

void ResponseState::clear() {
  head.clear();
  parser.reset();
}

UpstreamConn::UpstreamConn(std::unique_ptr<Stream> connecting, const UpstreamContext& context)
    : context_(context),
      stream_(std::move(connecting)),
      deadlines_(context.loop, context.clock, *this),
      in_(context.blocks),
      out_(context.blocks),
      body_(context.blocks),
      opened_(context.clock.now()) {
  context_.stats.connections_opened.add();
  context_.stats.connections_active.add();
}

UpstreamConn::~UpstreamConn() = default;

void UpstreamConn::begin(http::ResponseHandler& handler) {
  LB_CHECK(handler_ == nullptr);
  LB_CHECK(in_.empty() && out_.empty());
  handler_ = &handler;
  response_ = context_.states.take();
  response_->clear();
  times_ = {};
  begun_ = context_.clock.now();
  ++requests_;
  reading_ = Reading::Head;
  request_ended_ = request_sent_ = response_keeps_alive_ = false;
  paused_ = was_congested_ = write_failed_ = expects_continue_ = false;
  if (state_ == State::Connecting) {
    times_.connect_begin = context_.clock.precise();
    deadlines_.set(kReadSlot, context_.settings.timeouts.connect);
    stream_->bind(this);
  } else {
    LB_CHECK(state_ == State::Idle);
    state_ = State::Busy;
    deadlines_.clear(kReadSlot);
    context_.stats.connections_idle.subtract();
    context_.stats.connections_active.add();
    context_.stats.connections_reused.add();
  }
  updateInterest();
}

bool UpstreamConn::verifyQuiet() {
  LB_CHECK(state_ == State::Idle);
  if (nothingToRead()) return true;
  close();
  return false;
}

// Asks the system; what there is, is thrown away.
bool UpstreamConn::nothingToRead() {
  buf::Buffer::SpaceArray storage;
  const IoResult result = stream_->read(in_.reserve(1, storage));
  in_.commit(0);
  return result.status == IoStatus::WouldBlock;
}

void UpstreamConn::handOver(http::ResponseHandler& handler) {
  LB_CHECK(handler_ != nullptr);
  handler_ = &handler;
}

void UpstreamConn::closeIdle() {
  LB_CHECK(state_ == State::Idle);
  close();
}

void UpstreamConn::judgeIdle() {
  LB_CHECK(state_ == State::Idle);
  if (!poolable() || context_.clock.now() - idle_since_ >= idleTimeout()) {
    close();
  } else {
    expectNothing();
  }
}

void UpstreamConn::sendHead(const http::RequestHead& head, const http::Framing& framing, std::string_view upgrade) {
  method_ = head.method;
  request_kind_ = framing.kind;
  upgrade_.assign(upgrade);
  expects_continue_ = head.fields.count(http::FieldId::Expect) > 0;
  said_close_ = context_.settings.pool.max_idle == 0;
  http::writeRequestHead(head, framing, {.close = said_close_, .upgrade = upgrade}, out_);
  was_congested_ = congested();  // by the head alone, where buffers are small
}

void UpstreamConn::sendBody(buf::Buffer& body) {
  if (write_failed_) {
    body.clear();  // the backend does not listen any more; it may still answer
    return;
  }
  if (expects_continue_) {  // the client did not wait: the backend's time begins when it has the whole request
    expects_continue_ = false;
    if (state_ == State::Busy && reading_ == Reading::Head) deadlines_.clear(kReadSlot);
  }
  if (request_kind_ == http::BodyKind::Chunked && !tunnel_) {
    http::encodeChunk(body, out_);
  } else {
    body.moveTo(out_);
  }
  was_congested_ = was_congested_ || congested();
}

void UpstreamConn::sendEnd(const http::Fields* trailers) {
  LB_CHECK(!request_ended_);
  request_ended_ = true;
  if (request_kind_ == http::BodyKind::Chunked && !tunnel_ && !write_failed_) http::encodeLastChunk(trailers, out_);
}

void UpstreamConn::flush() {
  if (in_own_event_ || state_ != State::Busy) return;  // the event flushes at its end; so does the connect
  flushOut();
  if (state_ != State::Closed) updateInterest();
}

void UpstreamConn::onReady(Interest ready) {
  if (state_ == State::Closed) return;
  in_own_event_ = true;
  if (state_ == State::Connecting) {
    onConnected();
  } else {
    if (has(ready, Interest::Read) && wantsRead()) {
      if (!cameBeforeTheRequest()) {
        readWhatThereIs();
      } else if (!nothingToRead()) {
        fail(ResponseFailure::Closed, "the backend spoke or closed before it was asked");
      }
    }
    if (state_ == State::Busy) flushOut();
  }
  in_own_event_ = false;
  if (state_ != State::Closed) updateInterest();
}

// On a pooled connection, readiness that was found in the very turn in which its next request began is older than that
// request: what is there to be read is not its answer (RFC 9112 9.2).
bool UpstreamConn::cameBeforeTheRequest() const {
  return state_ == State::Busy && reused() && !anyByteRead() && begun_ == context_.clock.now();
}

void UpstreamConn::onConnected() {
  times_.connect_end = context_.clock.precise();
  deadlines_.clear(kReadSlot);
  state_ = State::Busy;
  flushOut();
}

void UpstreamConn::flushOut() {
  while (!out_.empty()) {
    buf::Buffer::BytesArray storage;
    const IoResult result = stream_->write(out_.slices(storage));
    if (result.status == IoStatus::WouldBlock) break;
    if (result.status != IoStatus::Ok) {
      onWriteFailed(result.status);
      return;
    }
    times_.write_latest = context_.clock.precise();
    if (times_.bytes_written == 0) {
      times_.write_first = times_.write_latest;
      // Who waits for 100 (Continue) sends nothing more before it is told to: the backend is to move.
      if (expects_continue_) deadlines_.set(kReadSlot, context_.settings.timeouts.response_header);
    }
    times_.bytes_written += result.bytes;
    out_.consume(result.bytes);
    deadlines_.clear(kWriteSlot);
    if (reading_ == Reading::Body) expectBody();  // who still takes the request may want all of it before it goes on
  }
  if (!out_.empty()) {
    deadlines_.setUnlessSet(kWriteSlot, context_.settings.timeouts.response_idle);
  } else if (request_ended_ && !request_sent_) {
    request_sent_ = true;
    times_.write_last = times_.write_latest;
    if (tunnel_ && !write_failed_) static_cast<void>(stream_->finish());  // a failure shows at the next read
    if (tunnel_ && handler_ == nullptr) {
      close();
      return;
    }
    if (reading_ == Reading::Head) deadlines_.set(kReadSlot, context_.settings.timeouts.response_header);
  }
  if (was_congested_ && out_.empty()) {
    was_congested_ = false;
    if (handler_ != nullptr) handler_->onRequestDrained();
  }
}

void UpstreamConn::onWriteFailed(IoStatus status) {
  if (times_.bytes_written == 0 && status != IoStatus::Reset) {
    times_.connect_end = {};  // it has not come to that
    switch (status) {
      case IoStatus::TimedOut: fail(ResponseFailure::ConnectTimeout, toString(status)); return;
      case IoStatus::Exhausted: fail(ResponseFailure::Exhausted, toString(status)); return;
      default: fail(ResponseFailure::ConnectRefused, toString(status)); return;
    }
  }
  if (reading_ == Reading::Done || handler_ == nullptr) {  // a tunnel whose other direction has ended
    fail(ResponseFailure::Closed, toString(status));
    return;
  }
  // The backend may have answered before it closed (a 413, say): what it sent can still be read.
  out_.clear();
  write_failed_ = true;
  deadlines_.clear(kWriteSlot);
  deadlines_.set(kKickSlot, Duration::zero());
  if (std::exchange(was_congested_, false)) handler_->onRequestDrained();  // the rest is read and thrown away
}

void UpstreamConn::onDeadline(std::size_t slot) {
  if (state_ == State::Closed) return;
  if (slot == kWriteSlot) {
    if (paused_) {
      fail(ResponseFailure::ClientStalled, "nobody takes the response, and the backend reads no more until then");
    } else {
      fail(ResponseFailure::IdleTimeout, "the backend stopped reading the request");
    }
    return;
  }
  if (slot == kKickSlot) {
    in_own_event_ = true;
    if (write_failed_ && reading_ != Reading::Done && !paused_ && in_.empty()) {
      readOnce();
      if (state_ == State::Busy && write_failed_ && reading_ == Reading::Head)
        deadlines_.set(kReadSlot, context_.settings.timeouts.response_header);
    } else {
      processInput();
    }
    in_own_event_ = false;
    if (state_ != State::Closed) updateInterest();
    return;
  }
  switch (state_) {
    case State::Connecting:
      fail(ResponseFailure::ConnectTimeout, "the backend did not accept the connection in time");
      return;
    case State::Idle: close(); return;
    case State::Busy:
      if (reading_ == Reading::Head) {
        fail(ResponseFailure::HeaderTimeout, "the backend did not answer in time");
      } else {
        const bool has_all_there_is = !request_ended_ && !write_failed_ && out_.empty();
        if (has_all_there_is) {
          fail(ResponseFailure::ClientStalled, "the backend waits for the rest of the request");
        } else {
          fail(ResponseFailure::IdleTimeout, "the backend stopped sending its response");
        }
      }
      return;
    case State::Closed: return;
  }
}

bool UpstreamConn::reusable() const {
  if (!request_sent_ || write_failed_ || said_close_ || !response_keeps_alive_ || tunnel_ || !in_.empty()) return false;
  return response_->decoder.framing().kind != http::BodyKind::UntilClose && poolable();
}

bool UpstreamConn::poolable() const {
  const config::Pool& pool = context_.settings.pool;
  if (pool.max_idle == 0 || idleTimeout() <= Duration::zero()) return false;
  if (pool.max_requests > 0 && requests_ >= pool.max_requests) return false;
  return pool.max_age == Duration::zero() || context_.clock.now() - opened_ < pool.max_age;
}

Duration UpstreamConn::idleTimeout() const {
  return std::min(context_.settings.pool.idle_timeout, promised_);
}

// Of an idle connection: it ends with its idle time, or with its age.
void UpstreamConn::expectNothing() {
  const config::Pool& pool = context_.settings.pool;
  MonoTime end = idle_since_ + idleTimeout();
  if (pool.max_age > Duration::zero()) end = std::min(end, opened_ + pool.max_age);
  deadlines_.set(kReadSlot, end - context_.clock.now());
}

void UpstreamConn::goIdle() {
  LB_CHECK(in_.empty() && out_.empty());
  LB_CHECK(handler_ == nullptr && !response_);
  state_ = State::Idle;
  deadlines_.clear(kWriteSlot);
  idle_since_ = context_.clock.now();
  expectNothing();
  context_.stats.connections_active.subtract();
  context_.stats.connections_idle.add();
  context_.owner.onIdle(*this);
}

http::ResponseHandler* UpstreamConn::detach(bool keeps_place) {
  http::ResponseHandler* handler = std::exchange(handler_, nullptr);
  if (handler != nullptr) context_.owner.onDetached(*this, keeps_place);
  return handler;
}

void UpstreamConn::fail(ResponseFailure why, const char* detail) {
  http::ResponseHandler* handler = detach(handler_ != nullptr && handler_->sendsAgain(why));
  stream_->abort();
  close();
  if (handler != nullptr) handler->onResponseFailed(why, detail);
}

void UpstreamConn::leave() {
  if (state_ == State::Closed || handler_ == nullptr) return;
  detach();
  if (tunnel_ && reading_ == Reading::Done && request_ended_ && !request_sent_) return;  // flushOut closes
  if (!tunnel_ || reading_ != Reading::Done || !request_sent_) stream_->abort();
  close();
}

void UpstreamConn::abortNow() {
  if (state_ == State::Closed) return;
  detach();
  stream_->abort();
  close();
}

void UpstreamConn::reset() {
  if (state_ == State::Closed || handler_ == nullptr) return;
  detach();
  stream_->abort();
  close();
}

void UpstreamConn::close() {
  LB_CHECK(state_ != State::Closed && handler_ == nullptr);
  if (state_ == State::Idle) {
    context_.stats.connections_idle.subtract();
  } else {
    context_.stats.connections_active.subtract();
  }
  state_ = State::Closed;
  deadlines_.clearAll();
  in_.clear();
  out_.clear();
  context_.owner.onClosed(*this);
}

bool UpstreamConn::wantsRead() const {
  switch (state_) {
    case State::Idle: return true;
    case State::Busy: return reading_ != Reading::Done && !paused_ && in_.size() <= context_.settings.buffer_high;
    default: return false;
  }
}

void UpstreamConn::updateInterest() {
  Interest interest = wantsRead() ? Interest::Read : Interest::None;
  if (state_ == State::Connecting || !out_.empty()) interest = interest | Interest::Write;
  if (interest == interest_) return;
  interest_ = interest;
  stream_->want(interest);
}

}  // namespace lb::back
