// See answer.h.
#include "be/answer.h"

#include <fmt/format.h>

#include <algorithm>

#include "lb/front/http_date.h"
#include "lb/front/reply.h"

namespace be {

using lb::http::BodyKind;
using lb::http::Framing;

namespace {

constexpr std::uint64_t kEchoMax = 1024 * 1024;  // of a request body that is sent back

}  // namespace

Answer::Answer(const lb::Env& env, lb::buf::BlockPool& blocks, lb::Logger& log, const BackendIdentity& identity,
               const Behaviour& behaviour, lb::http::ResponseWriter& writer, const lb::http::RequestHead& head)
    : env_(env),
      blocks_(blocks),
      log_(log),
      behaviour_(behaviour),
      writer_(&writer),
      delay_(env.loop.makeTimer([this] { begin(); })),
      next_(env.loop.makeTimer([this] { sendMore(); })),
      echoed_(blocks) {
  head_request_ = head.method == lb::http::Method::Head;
  text_ = fmt::format("service: {}, addr: {}\n", identity.service, identity.address);
  if (behaviour_.echo) describe(head);
  if (lb::http::equalsIgnoreCase(head.fields.find(lb::http::FieldId::Expect).value_or(""), "100-continue")) {
    lb::http::ResponseHead go_on;
    go_on.start(100);
    writer.sendInterim(go_on);
  }
}

void Answer::describe(const lb::http::RequestHead& head) {
  text_ += fmt::format("{} {} {}\n", head.methodText(), head.target(),
                       head.version == lb::http::Version::Http11 ? "HTTP/1.1" : "HTTP/1.0");
  for (std::size_t i = 0; i < head.fields.size(); ++i) {
    text_ += fmt::format("{}: {}\n", head.fields.name(i), head.fields.value(i));
  }
  text_ += "\n";
}

void Answer::onRequestBody(lb::buf::Buffer& body) {
  received_ += body.size();
  if (behaviour_.echo && received_ <= kEchoMax) {
    body.moveTo(echoed_);
  } else {
    body.clear();
  }
}

void Answer::onRequestEnd(const lb::http::Fields*) {
  request_ended_ = true;
  if (behaviour_.delay == lb::Duration::zero()) {
    begin();
    return;
  }
  delay_->arm(behaviour_.delay);
}

void Answer::begin() {
  if (writer_ == nullptr) return;
  text_ += echoed_.toString();
  echoed_.clear();
  total_ = behaviour_.size.value_or(text_.size());
  lb::http::ResponseHead head;
  head.start(behaviour_.status);
  head.fields.add("Date", lb::front::httpDate(env_.clock.wall()));
  head.fields.add("Content-Type", "text/plain; charset=utf-8");
  const bool bodiless = head_request_ || behaviour_.status == 204 || behaviour_.status == 304;
  Framing framing{.kind = behaviour_.chunked ? BodyKind::Chunked : BodyKind::Length, .length = total_};
  if (bodiless) framing = {.length = total_, .declared = behaviour_.status != 204 && !behaviour_.chunked};
  begun_ = true;
  writer_->sendHead(head, framing, {});
  if (bodiless) {
    writer_->sendEnd(nullptr);
    writer_->flush();
    return;
  }
  sendMore();
}

std::uint64_t Answer::pieceSize() const {
  std::uint64_t piece = std::min(total_ - sent_, kPieceMax);
  if (behaviour_.drip > lb::Duration::zero()) piece = std::min(piece, (total_ + kDripPieces - 1) / kDripPieces);
  if (behaviour_.close_after)
    piece = std::min(piece, *behaviour_.close_after - std::min(*behaviour_.close_after, sent_));
  return piece;
}

void Answer::sendMore() {
  if (writer_ == nullptr) return;
  if (cutting_) {
    if (writer_->congested()) {  // a slow reader gets its bytes before the cut
      next_->arm(std::chrono::milliseconds(1));
      return;
    }
    std::exchange(writer_, nullptr)->reset();
    return;
  }
  const bool dripping = behaviour_.drip > lb::Duration::zero();
  do {
    if (behaviour_.close_after && sent_ >= *behaviour_.close_after) {
      cutting_ = true;  // once what was sent so far has left
      next_->arm(lb::Duration::zero());
      break;
    }
    if (sent_ < total_ && !writer_->congested()) step();
    const bool cuts = behaviour_.close_after && sent_ >= *behaviour_.close_after;
    if (sent_ == total_ && !cuts) {  // at once: the client has the last byte and may ask again
      writer_->sendEnd(nullptr);
      break;
    }
    if (dripping) next_->arm(behaviour_.drip);
  } while (!dripping && !writer_->congested());
  writer_->flush();
}

void Answer::step() {
  const std::uint64_t piece = pieceSize();
  lb::buf::Buffer body(blocks_);
  if (behaviour_.size) {
    static const std::string kFiller = [] {
      std::string filler;
      for (std::uint64_t i = 0; i < kPieceMax; ++i) filler.push_back(static_cast<char>('a' + i % 26));
      return filler;
    }();
    body.append(std::string_view(kFiller).substr(0, piece));
  } else {
    body.append(std::string_view(text_).substr(sent_, piece));
  }
  sent_ += piece;
  writer_->sendBody(body);
}

void Answer::onResponseDrained() {
  if (begun_ && behaviour_.drip == lb::Duration::zero()) sendMore();
}

void Answer::onRequestFailed(const lb::http::Problem& problem) {
  delay_->disarm();
  next_->disarm();
  lb::http::ResponseWriter& writer = *std::exchange(writer_, nullptr);
  if (begun_) {
    writer.reset();
    return;
  }
  const std::string body = fmt::format("{}: {}\n", problem.status, problem.what);
  lb::front::sendReply(writer, {.status = problem.status, .body = body}, lb::http::Method::Get, env_.clock.wall(),
                       blocks_);
}

void Answer::onRequestReset(lb::http::RequestReset) {
  writer_ = nullptr;
  delay_->disarm();
  next_->disarm();
  if (log_.enabled(lb::LogLevel::Info)) log_.write(lb::LogLevel::Info, "request given up by its client");
}

void Answer::release() {
  env_.loop.retire(std::unique_ptr<Answer>(this));
}  // maybe from inside its own timer

}  // namespace be
