// The response side of a backend connection: bytes to response events.
#include <algorithm>
#include <charconv>
#include <numeric>

#include "lb/back/upstream_conn.h"
#include "lb/base/check.h"
#include "lb/buf/reads_in_a_row.h"
#include "lb/http/framing.h"
#include "lb/http/hop_by_hop.h"

namespace lb::back {
namespace {

using http::ResponseFailure;

// The `timeout=N` of a Keep-Alive field: how long the backend will keep an idle connection, in seconds.
std::optional<Duration> keepAliveTimeout(const http::Fields& fields) {
  const auto value = fields.find(http::FieldId::KeepAlive);
  if (!value) return std::nullopt;
  constexpr std::string_view kKey = "timeout=";
  const std::size_t at = value->find(kKey);
  if (at == std::string_view::npos) return std::nullopt;
  std::uint32_t seconds = 0;
  const char* begin = value->data() + at + kKey.size();
  if (std::from_chars(begin, value->data() + value->size(), seconds).ec != std::errc{}) return std::nullopt;
  return std::chrono::seconds(seconds);
}

}  // namespace

void UpstreamConn::readWhatThereIs() {
  for (int reads = 0; reads < buf::kReadsInARow && wantsRead(); ++reads) {
    readOnce();
    if (state_ != State::Busy || reading_ != Reading::Body || !read_was_full_) return;
  }
}

// Before a head not more than a block, unless the response before this one was larger: then this one may be taken as a
// whole, which saves a call for reading and one for writing.
std::size_t UpstreamConn::readWish() const {
  if (reading_ == Reading::Body) return handler_->responseRoom();
  if (handler_ == nullptr || usual_bytes_ < buf::Block::kBytes) return buf::Block::kBytes;
  const std::uint64_t usual = usual_bytes_ + 1;  // with room to spare it is seen that there is no more
  return std::max<std::size_t>(buf::Block::kBytes, std::min<std::uint64_t>(usual, handler_->responseRoom()));
}

void UpstreamConn::readOnce() {
  buf::Buffer::SpaceArray storage;
  const std::span<const Space> room = in_.reserve(readWish(), storage);
  const IoResult result = stream_->read(room);
  read_was_full_ = result.bytes == std::accumulate(room.begin(), room.end(), std::size_t{0},
                                                   [](std::size_t sum, Space space) { return sum + space.size(); });
  in_.commit(result.bytes);
  if (result.status == IoStatus::WouldBlock) return;
  if (state_ == State::Idle) {  // whatever it is, nobody asked for it
    close();
    return;
  }
  if (result.status == IoStatus::Ok) {
    last_read_ = context_.clock.precise();
    if (times_.read_first == MonoTime{}) times_.read_first = last_read_;
    times_.bytes_read += result.bytes;
    processInput();
  } else if (result.status == IoStatus::Eof) {
    onEof();
  } else {
    fail(ResponseFailure::Closed, toString(result.status));
  }
}

void UpstreamConn::processInput() {
  while (handler_ != nullptr && (reading_ == Reading::Head ? parseHead() : decodeBody())) {
  }
  if (handler_ != nullptr) handler_->onResponseBatchEnd();
}

bool UpstreamConn::parseHead() {
  if (in_.empty()) return false;
  switch (response_->parser.parse(in_, context_.settings.head, response_->head)) {
    case http::ParseStatus::NeedMore: return false;
    case http::ParseStatus::Bad: fail(ResponseFailure::BadResponse, response_->parser.problem().what); return false;
    case http::ParseStatus::Done: return acceptHead();
  }
  return false;
}

bool UpstreamConn::acceptUpgrade() const {
  const auto chosen = response_->head.fields.find(http::FieldId::Upgrade);
  return !upgrade_.empty() && request_sent_ && chosen && !chosen->empty() && http::listHasToken(upgrade_, *chosen);
}

bool UpstreamConn::acceptHead() {
  http::ResponseHead& head = response_->head;
  if (head.status < 200 && head.status != 101) {
    if (head.status == 100) {
      expects_continue_ = false;
      deadlines_.clear(kReadSlot);  // now it is the client's turn
    }
    if (request_sent_) deadlines_.set(kReadSlot, context_.settings.timeouts.response_header);
    times_.read_first = in_.empty() ? MonoTime{} : last_read_;  // of the response, which is still to come
    handler_->onInterim(head);
    if (handler_ == nullptr) return false;
    response_->clear();
    return true;
  }
  if (head.status == 101 && !acceptUpgrade()) {
    fail(ResponseFailure::BadResponse, "the backend switched to a protocol that was not asked for");
    return false;
  }
  const auto framing = http::responseFraming(head, method_);
  if (!framing) {
    fail(ResponseFailure::BadResponse, framing.error().what);
    return false;
  }
  tunnel_ = head.status == 101;
  if (tunnel_) request_ended_ = request_sent_ = false;  // from here on: the end of the tunnel's direction
  times_.read_head = last_read_;
  response_keeps_alive_ = http::keepsAlive(head.fields, head.version);
  const auto promised = keepAliveTimeout(head.fields);
  promised_ = promised ? *promised - std::chrono::seconds(1) : Duration::max();
  response_->decoder.start(tunnel_ ? http::Framing{.kind = http::BodyKind::UntilClose} : *framing);
  reading_ = Reading::Body;
  deadlines_.clear(kReadSlot);
  expectBody();
  handler_->onResponseHead(head, *framing);
  return true;
}

void UpstreamConn::expectBody() {
  if (!tunnel_ && !paused_) deadlines_.set(kReadSlot, context_.settings.timeouts.response_idle);
}

bool UpstreamConn::decodeBody() {
  if (paused_ && !response_->decoder.done()) return false;
  if (in_.empty() && !response_->decoder.done()) return false;
  const http::ParseStatus status = response_->decoder.decode(in_, body_, context_.settings.body);
  if (!body_.empty()) handler_->onResponseBody(body_);
  LB_CHECK(body_.empty());
  if (handler_ == nullptr) return false;
  switch (status) {
    case http::ParseStatus::NeedMore: expectBody(); return false;
    case http::ParseStatus::Bad: fail(ResponseFailure::BadResponse, response_->decoder.problem().what); return false;
    case http::ParseStatus::Done: finishResponse(); return false;
  }
  return false;
}

void UpstreamConn::onEof() {
  if (!in_.empty() && handler_ != nullptr) processInput();  // what came before the end comes first
  if (handler_ == nullptr) {
    if (state_ == State::Busy || state_ == State::Idle) close();
    return;
  }
  if (reading_ == Reading::Body && response_->decoder.end() == http::ParseStatus::Done) {
    if (!tunnel_) {
      finishResponse();
      return;
    }
    reading_ = Reading::Done;
    http::ResponseHandler* handler = handler_;
    times_.read_last = last_read_;
    handler->onResponseEnd(nullptr);
    if (handler_ != nullptr) handler->onResponseBatchEnd();
    return;
  }
  fail(ResponseFailure::Closed,
       anyByteRead() ? "the backend closed in the middle of its response" : "the backend closed without answering");
}

void UpstreamConn::finishResponse() {
  times_.read_last = last_read_;
  usual_bytes_ = times_.bytes_read;
  reading_ = Reading::Done;
  // After a read that filled its room nobody knows whether there is more; a pooled connection has to be known quiet.
  const bool reuse = reusable() && (!read_was_full_ || nothingToRead());
  const auto finished = std::move(response_);  // the trailers live in it until the handler has seen them
  const http::Fields& trailers = finished->decoder.trailers();
  http::ResponseHandler* handler = detach();
  if (reuse) {
    goIdle();
  } else {
    if (!request_sent_) stream_->abort();
    close();
  }
  handler->onResponseEnd(trailers.size() > 0 ? &trailers : nullptr);
  handler->onResponseBatchEnd();
}

void UpstreamConn::pauseResponse(bool paused) {
  if (paused_ == paused || handler_ == nullptr) return;
  paused_ = paused;
  if (reading_ != Reading::Body) return;
  if (paused) {
    deadlines_.clear(kReadSlot);  // it is not the backend who is slow
  } else {
    expectBody();
    if (!in_.empty()) deadlines_.set(kKickSlot, Duration::zero());
  }
  if (!in_own_event_) updateInterest();
}

}  // namespace lb::back
