// The reading side of a client connection: bytes to request events, and everything that can go wrong on the way.
#include "lb/front/client_conn.h"

#include <algorithm>

#include "lb/base/check.h"
#include "lb/buf/reads_in_a_row.h"
#include "lb/http/framing.h"
#include "lb/http/hop_by_hop.h"

namespace lb::front {
namespace {

constexpr http::Problem kHeadTimeout{408, "the request head did not arrive in time"};
constexpr http::Problem kBodyTimeout{408, "the request body stopped arriving"};
constexpr http::Problem kBodyTooSlow{408, "the request body arrives too slowly"};

}  // namespace

void RequestState::clear() {
  head.clear();
  parser.reset();
  times = {};
}

ClientConn::ClientConn(std::unique_ptr<Stream> stream, const ClientContext& context)
    : context_(context),
      stream_(std::move(stream)),
      deadlines_(context.loop, context.clock, *this),
      in_(context.blocks),
      out_(context.blocks),
      opened_(context.clock.now()) {}

ClientConn::~ClientConn() = default;

void ClientConn::start() {
  context_.stats.connections_open.add();
  becomeIdle();
  // A connection that never says anything does not get the long idle time of one that has.
  deadlines_.set(kReadSlot, context_.settings.timeouts.request_header);
  stream_->bind(this);
  updateInterest();
}

void ClientConn::drain() {
  if (reading_ == Reading::Closed) return;
  if (!idle()) {
    close_after_response_ = true;  // also behind a head that has kept the connection: a drain has to end
    return;
  }
  if (requests_ == 0) {  // just accepted: its first request is surely on the way
    deadlines_.set(kReadSlot, kDrainGrace);
    return;
  }
  // A request may have arrived already: it is served, and the connection closes after it.
  in_own_event_ = true;
  if (!in_.empty()) {
    processInput();
  } else {
    static_cast<void>(readOnce());
  }
  endEvent();
  if (reading_ != Reading::Closed && idle()) close();
}

void ClientConn::onReady(Interest ready) {
  if (reading_ == Reading::Closed) return;
  in_own_event_ = true;
  if (has(ready, Interest::Reset)) onGone();
  if (reading_ != Reading::Closed && has(ready, Interest::Read)) readWhatThereIs();
  if (reading_ != Reading::Closed && has(ready, Interest::Write)) flushOut();
  endEvent();
}

void ClientConn::endEvent() {
  while (reading_ != Reading::Closed && next_pending_) processInput();
  in_own_event_ = false;
  if (reading_ == Reading::Closed) return;
  if (reading_ == Reading::Linger) {  // after an answer that was cut
    handler_.reset();
    state_.reset();
  }
  updateInterest();
}

void ClientConn::readWhatThereIs() {
  for (int reads = 0; reads < buf::kReadsInARow && wantsRead(); ++reads) {
    if (!readOnce() || reading_ != Reading::Body) return;
  }
}

bool ClientConn::readOnce() {
  buf::Buffer::SpaceArray storage;
  const std::size_t wish = reading_ == Reading::Body ? handler_->requestRoom() : buf::Block::kBytes;
  const IoResult result = stream_->read(in_.reserve(wish, storage));
  in_.commit(result.bytes);
  switch (result.status) {
    case IoStatus::Ok:
      if (reading_ == Reading::Linger) {
        in_.clear();
        return false;
      }
      last_read_ = context_.clock.precise();
      processInput();
      return result.bytes >= std::min(wish, (buf::Buffer::kPiecesMax - 1) * buf::Block::kBytes);
    case IoStatus::WouldBlock: return false;
    case IoStatus::Eof: onEof(); return false;
    default: onGone(); return false;
  }
}

void ClientConn::processInput() {
  next_pending_ = false;
  while (advance()) {
  }
  if (over()) return;
  if (handler_) handler_->onRequestBatchEnd();
  if (reading_ != Reading::Closed) flushOut();
}

bool ClientConn::advance() {
  switch (reading_) {
    case Reading::Head: return parseHead();
    case Reading::Body: return decodeBody();
    default: return false;
  }
}

bool ClientConn::parseHead() {
  if (in_.empty()) return false;
  if (!state_) {
    state_ = context_.states.take(context_.blocks);
    state_->clear();
    state_->times.read_first = std::max(last_read_, last_write_);  // a pipelined request begins after its predecessor
    if (counted_idle_) context_.stats.connections_idle.subtract();
    counted_idle_ = false;
  }
  const bool was_started = state_->parser.started();
  const std::size_t before = in_.size();
  const http::ParseStatus status = state_->parser.parse(in_, context_.settings.head, state_->head);
  state_->times.bytes_read += before - in_.size();
  switch (status) {
    case http::ParseStatus::NeedMore:
      if (client_eof_) {  // the rest will never come
        close();
        return false;
      }
      if (!was_started) deadlines_.set(kReadSlot, context_.settings.timeouts.request_header);
      return false;
    case http::ParseStatus::Bad: refuse(state_->parser.problem()); return false;
    case http::ParseStatus::Done: return startRequest();
  }
  return false;
}

bool ClientConn::startRequest() {
  const auto framing = http::requestFraming(state_->head);
  if (!framing) {
    refuse(framing.error());
    return false;
  }
  deadlines_.clear(kReadSlot);
  ++requests_;
  keep_alive_ = http::keepsAlive(state_->head.fields, state_->head.version);
  state_->times.read_head = std::max(last_read_, last_write_);
  state_->times.read_last = state_->times.read_head;
  state_->decoder.start(*framing);
  reading_ = state_->decoder.done() ? Reading::Done : Reading::Body;
  handler_ = context_.router.onRequest(state_->head, *framing, *this);
  if (reading_ == Reading::Done) {
    handler_->onRequestEnd(nullptr);
  } else if (reading_ == Reading::Body) {
    // Asked after the handler has had its say: a field that Connection names does not count. Who waits for 100 gets its
    // deadline with that.
    waits_for_continue_ = in_.empty() && state_->head.fields.count(http::FieldId::Expect) > 0;
    expectBody();
  }
  return reading_ == Reading::Body;
}

void ClientConn::expectBody() {
  if (tunnel_ || paused_ || waits_for_continue_ || writing_ != Writing::Nothing) return;
  deadlines_.set(kReadSlot, context_.settings.timeouts.request_body_idle);
  watchRate();
}

void ClientConn::watchRate() {
  if (context_.settings.min_body_rate > 0 && !deadlines_.isSet(kRateSlot)) {
    window_bytes_ = 0;
    window_ = context_.settings.timeouts.request_body_idle;
    deadlines_.set(kRateSlot, window_);
  }
}

bool ClientConn::decodeBody() {
  if (paused_) return false;
  if (in_.empty() && !state_->decoder.done()) {
    if (client_eof_) endEarly();
    return false;
  }
  waits_for_continue_ = false;
  const std::size_t before = in_.size();
  buf::Buffer& body = state_->body;
  const http::ParseStatus status = state_->decoder.decode(in_, body, context_.settings.body);
  state_->times.bytes_read += before - in_.size();
  state_->times.read_last = std::max(last_read_, state_->times.read_first);
  window_bytes_ += body.size();
  if (!body.empty()) handler_->onRequestBody(body);
  LB_CHECK(body.empty());
  if (reading_ != Reading::Body) return false;  // the handler gave up
  switch (status) {
    case http::ParseStatus::NeedMore:
      if (client_eof_ && !paused_) {
        endEarly();
      } else {
        expectBody();
      }
      return false;
    case http::ParseStatus::Bad: failRequest(state_->decoder.problem()); return false;
    case http::ParseStatus::Done: break;
  }
  reading_ = Reading::Done;
  deadlines_.clear(kReadSlot);
  deadlines_.clear(kRateSlot);
  const http::Fields& trailers = state_->decoder.trailers();
  handler_->onRequestEnd(trailers.size() > 0 ? &trailers : nullptr);
  return false;
}

void ClientConn::onEof() {
  client_eof_ = true;
  if (reading_ == Reading::Linger) {
    close();
    return;
  }
  // What came before the end comes first: a request that was pipelined behind the one in progress, the rest of a body.
  processInput();
  if (reading_ == Reading::Closed) return;
  if (reading_ == Reading::Head && !next_pending_) {
    close();
  } else if (reading_ == Reading::Done && !tunnel_ && context_.settings.abort_on_half_close) {
    // Otherwise a half close: a client that has sent everything may still wait for its answer (RFC 9112 9.6).
    giveUp();
  }
}

// The client's direction ended inside a body: in a tunnel that is its end, anywhere else the request is cut.
void ClientConn::endEarly() {
  if (!tunnel_) {
    if (writing_ == Writing::Nothing) {
      giveUp();
    } else {
      reading_ = Reading::Failed;  // an answer is on its way already: the client gets it whole
    }
    return;
  }
  reading_ = Reading::Done;
  handler_->onRequestEnd(nullptr);
  if (reading_ == Reading::Closed || writing_ != Writing::Finished) return;
  handler_->onRequestBatchEnd();
  if (reading_ != Reading::Closed) finishRequest();
}

// The client has closed. No reset: it would destroy what an earlier response still has in the system's buffers. But a
// client that has only half closed may still read, and a body that ends with the connection needs one to look cut.
void ClientConn::giveUp() {
  handler_->onRequestReset(http::RequestReset::ClientGone);
  if (writing_ != Writing::Nothing && response_kind_ == http::BodyKind::UntilClose) stream_->abort();
  close();
}

void ClientConn::tell(http::RequestReset why) {
  if (handler_ && !over()) handler_->onRequestReset(why);
}

void ClientConn::onGone() {
  tell(http::RequestReset::ClientGone);
  stream_->abort();
  close();
}

void ClientConn::refuse(const http::Problem& problem) {
  deadlines_.clear(kReadSlot);
  reading_ = Reading::Failed;
  close_after_response_ = true;
  ++requests_;
  state_->times.read_head = last_read_;
  state_->times.read_last = last_read_;
  handler_ = context_.router.onBadRequest(state_->head, problem, *this);
}

void ClientConn::failRequest(const http::Problem& problem) {
  deadlines_.clear(kReadSlot);
  deadlines_.clear(kRateSlot);
  reading_ = Reading::Failed;
  close_after_response_ = true;
  handler_->onRequestFailed(problem);
}

void ClientConn::onDeadline(std::size_t slot) {
  if (reading_ == Reading::Closed) return;
  in_own_event_ = true;
  switch (static_cast<Slot>(slot)) {
    case kReadSlot: onReadDeadline(); break;
    case kRateSlot: onRateDeadline(); break;
    case kWriteSlot:
      tell(http::RequestReset::WriteTimeout);
      stream_->abort();
      close();
      break;
    case kKickSlot: processInput(); break;
  }
  endEvent();
}

void ClientConn::onReadDeadline() {
  switch (reading_) {
    case Reading::Head:
      if (state_ && state_->parser.started()) {
        refuse(kHeadTimeout);
        flushOut();
      } else {
        close();  // idle for too long: nothing to answer
      }
      return;
    case Reading::Body:
      failRequest(kBodyTimeout);
      if (reading_ != Reading::Closed) flushOut();
      return;
    case Reading::Linger: close(); return;
    default: return;
  }
}

void ClientConn::onRateDeadline() {
  if (reading_ != Reading::Body || tunnel_) return;
  const auto window = std::chrono::duration_cast<std::chrono::milliseconds>(window_);
  const std::uint64_t needed = context_.settings.min_body_rate * static_cast<std::uint64_t>(window.count()) / 1000;
  if (!paused_ && window_bytes_ < needed) {
    failRequest(kBodyTooSlow);
    if (reading_ != Reading::Closed) flushOut();
    return;
  }
  if (!paused_) watchRate();  // a new window; while reading is paused, the next byte opens it
}

void ClientConn::pauseRequest(bool paused) {
  if (paused_ == paused) return;
  paused_ = paused;
  if (reading_ != Reading::Body) return;
  if (paused) {
    deadlines_.clear(kReadSlot);  // it is not the client who is slow
    deadlines_.clear(kRateSlot);
    if (!in_own_event_) updateInterest();
    return;
  }
  expectBody();
  wakeSoon();
}

void ClientConn::wakeSoon() {
  if (!in_.empty() || client_eof_) {
    if (in_own_event_) {
      next_pending_ = true;
    } else {
      deadlines_.set(kKickSlot, Duration::zero());
    }
  }
  if (!in_own_event_) updateInterest();
}

bool ClientConn::wantsRead() const {
  switch (reading_) {
    case Reading::Head: return !client_eof_;
    case Reading::Body: return !paused_ && !client_eof_ && in_.size() <= context_.settings.buffer_high;
    case Reading::Done: return !client_eof_ && in_.size() < context_.settings.head.bytes_max;  // to notice a reset
    case Reading::Linger: return true;
    default: return false;
  }
}

// What is not read before its turn must not hide that nobody waits for an answer any more.
void ClientConn::updateInterest() {
  Interest interest = out_.empty() ? Interest::None : Interest::Write;
  const bool waits = (reading_ == Reading::Body || reading_ == Reading::Done) && !tunnel_;
  if (wantsRead()) {
    interest = interest | Interest::Read;
  } else if (waits) {
    interest = interest | Interest::Reset;
  }
  if (interest == interest_) return;
  interest_ = interest;
  stream_->want(interest);
}

}  // namespace lb::front
