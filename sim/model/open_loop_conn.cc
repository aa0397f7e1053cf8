// See open_loop_conn.h.
#include "sim/model/open_loop_conn.h"

#include <algorithm>
#include <utility>

#include "lb/base/check.h"

namespace sim::model {
namespace {

constexpr std::uint64_t kBodyPiece = 32 * 1024;

// RFC 9110 9.2.2: what a client may send again by itself.
bool maySendAgain(std::string_view method) {
  return method != "POST" && method != "PATCH";
}

}  // namespace

using lb::Interest;
using lb::IoStatus;

OpenLoop::Conn::Conn(OpenLoop& owner, std::unique_ptr<lb::Stream> stream) : owner_(owner), stream_(std::move(stream)) {
  stream_->bind(this);
}

void OpenLoop::Conn::ask(const Outcome& outcome) {
  LB_CHECK(!busy_);
  const Ask& ask = owner_.plan_.mix[outcome.ask];
  outcome_ = outcome;
  busy_ = true;
  reused_ = connected_;
  received_any_ = head_done_ = false;
  outbox_.clear();
  outbox_sent_ = 0;
  outbox_.append(ask.method).append(" ").append(ask.path);
  if (const ScriptedRequest* request = owner_.scripted(outcome)) {
    if (request->target > ask.path.size()) outbox_.append(request->target - ask.path.size(), 'x');
    if (request->patience > Duration::zero()) armPatience(request->patience);
  }
  outbox_.append(" HTTP/1.1\r\nHost: ").append(ask.host);
  appendField(outbox_, kIdField, outcome.id);
  if (outcome.wanted_bytes) appendField(outbox_, kAnswerField, *outcome.wanted_bytes);
  body_unsent_ = outcome.sent_bytes;
  if (body_unsent_ > 0) appendField(outbox_, "Content-Length", body_unsent_);
  outbox_ += "\r\n\r\n";
  if (connected_) writeSome();
  if (stream_ && busy_) stream_->want(outbox_.empty() ? Interest::Read : Interest::Both);
}

void OpenLoop::Conn::onReady(Interest ready) {
  if (has(ready, Interest::Write)) {
    connected_ = true;
    writeSome();
  }
  if (has(ready, Interest::Read) && stream_) readSome();
  if (!stream_) return;
  stream_->want(outbox_.empty() ? Interest::Read : Interest::Both);
}

// An error is left to reading: an answer may have come before it.
void OpenLoop::Conn::writeSome() {
  for (;;) {
    if (outbox_sent_ == outbox_.size()) {
      outbox_.clear();
      outbox_sent_ = 0;
      if (body_unsent_ == 0) return;
      const std::uint64_t count = std::min(body_unsent_, kBodyPiece);
      appendBody(outbox_, outcome_.id, outcome_.sent_bytes - body_unsent_, count);
      body_unsent_ -= count;
    }
    const lb::Bytes piece = std::as_bytes(std::span(outbox_)).subspan(outbox_sent_);
    const lb::IoResult result = stream_->write(std::span(&piece, 1));
    if (result.status == IoStatus::WouldBlock) return;
    if (result.status != IoStatus::Ok) {
      outbox_.clear();
      outbox_sent_ = 0;
      body_unsent_ = 0;
      close_ = true;
      return;
    }
    outbox_sent_ += result.bytes;
  }
}

void OpenLoop::Conn::readSome() {
  std::string& scratch = owner_.scratch_;
  const lb::Space space = std::as_writable_bytes(std::span(scratch));
  const lb::IoResult result = stream_->read(std::span(&space, 1));
  if (result.status == IoStatus::WouldBlock) return;
  if (result.status != IoStatus::Ok) {
    broken(result.status);
  } else {
    receive(std::string_view(scratch).substr(0, result.bytes));
  }
}

void OpenLoop::Conn::broken(IoStatus status) {
  if (!busy_) {
    owner_.remove(*this);
    return;
  }
  const bool stale = reused_ && !received_any_ && maySendAgain(owner_.plan_.mix[outcome_.ask].method);
  if (stale) {
    owner_.sendAgain(*this);
    return;
  }
  const bool refused = !connected_ || status == IoStatus::Refused || status == IoStatus::TimedOut ||
                       status == IoStatus::Unreachable || status == IoStatus::Exhausted;
  end(refused ? Outcome::Result::Refused : Outcome::Result::Cut);
}

void OpenLoop::Conn::receive(std::string_view text) {
  if (!busy_) {
    garbage("bytes that nobody asked for");
    return;
  }
  received_any_ = true;
  if (head_done_) {
    receiveBody(text);
    return;
  }
  const bool joined = !partial_.empty();
  if (joined) text = partial_.append(text);
  FastHead head;
  switch (parseHead(HeadKind::Response, text, head)) {
    case HeadStatus::Partial:
      if (!joined) partial_ = text;
      return;
    case HeadStatus::Bad: garbage("not the head of a response"); return;
    case HeadStatus::Complete: break;
  }
  if (const char* wrong = judge(head); wrong != nullptr) {
    garbage(wrong);
    return;
  }
  head_done_ = true;
  outcome_.status = head.status;
  outcome_.backend = head.backend ? static_cast<int>(*head.backend) : -1;
  outcome_.proxy_error = head.proxy_error;
  close_ = close_ || head.close;
  known_body_ = head.backend.has_value();
  body_left_ = owner_.plan_.mix[outcome_.ask].method == "HEAD" ? 0 : head.body_bytes;
  const std::string whole = joined ? std::exchange(partial_, {}) : std::string();
  receiveBody((joined ? std::string_view(whole) : text).substr(head.bytes));
}

const char* OpenLoop::Conn::judge(const FastHead& head) const {
  const bool allowed = owner_.plan_.proxy_answers || head.status >= 400;
  if (!head.backend) return allowed ? nullptr : "a success that names no backend";
  return head.id == outcome_.id ? nullptr : "the answer to another request";
}

void OpenLoop::Conn::receiveBody(std::string_view text) {
  if (text.size() > body_left_) {
    garbage("more bytes than the answer has");
    return;
  }
  if (known_body_ && !isBody(text, outcome_.id, outcome_.received_bytes)) {
    garbage("a wrong byte in the body");
    return;
  }
  outcome_.received_bytes += text.size();
  body_left_ -= text.size();
  if (body_left_ == 0) end(Outcome::Result::Answered);
}

void OpenLoop::Conn::garbage(std::string what) {
  if (owner_.violation_.empty()) owner_.violation_ = "request " + std::to_string(outcome_.id) + ": " + what;
  if (busy_) {
    end(Outcome::Result::Garbage);
  } else {
    owner_.remove(*this);
  }
}

void OpenLoop::Conn::armPatience(Duration patience) {
  if (patience_ == nullptr) patience_ = owner_.env_.loop.makeTimer([this] { giveUp(); });
  patience_->arm(outcome_.intended + patience - owner_.env_.clock.now());
}

void OpenLoop::Conn::giveUp() {
  end(Outcome::Result::TimedOut);
}

void OpenLoop::Conn::end(Outcome::Result result) {
  busy_ = false;
  if (patience_ != nullptr) patience_->disarm();
  outcome_.result = result;
  const bool sent_all = outbox_.empty() && body_unsent_ == 0;
  owner_.release(*this, result == Outcome::Result::Answered && sent_all && !close_);
}

void OpenLoop::Conn::close() {
  if (patience_ != nullptr) patience_->disarm();
  stream_->want(Interest::None);
  owner_.env_.loop.retire(std::move(stream_));
}

}  // namespace sim::model
