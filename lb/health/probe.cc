// See probe.h.
#include "lb/health/probe.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "lb/http/framing.h"

namespace lb::health {
namespace {

// Who is checked, who need not be where users are served.
Address addressOf(const Address& target, const CheckSettings& settings) {
  return {target.ip, settings.port == 0 ? target.port : settings.port};
}

}  // namespace

Probe::Probe(Loop& loop, Network& network, buf::BlockPool& blocks, const Address& target, const CheckSettings& settings,
             ProbeEvents& events)
    : loop_(loop),
      events_(events),
      settings_(settings),
      stream_(network.connect(addressOf(target, settings))),
      timeout_(loop.makeTimer([this] {
        stream_->abort();
        finish(Verdict::Failed, phase_ == Phase::Connect ? "no connection in time" : "no whole answer in time");
      })),
      out_(blocks),
      in_(blocks),
      body_(blocks) {
  if (settings_.host.empty()) settings_.host = addressOf(target, settings).toString();
  timeout_->arm(settings_.timeout);
  stream_->bind(this);
  stream_->want(Interest::Write);
}

Probe::~Probe() = default;

void Probe::onReady(Interest) {
  switch (phase_) {
    case Phase::Connect: onConnected(); return;
    case Phase::Ask: ask(); return;
    case Phase::Head:
    case Phase::Body: readOnce(); return;
    case Phase::Done: return;
  }
}

// The first readiness says that there is a connection or that there is none; a read tells which.
void Probe::onConnected() {
  if (settings_.kind == CheckKind::Http) {
    phase_ = Phase::Ask;
    out_.append(
        fmt::format("GET {} HTTP/1.1\r\nHost: {}\r\nUser-Agent: lb-health\r\nAccept: */*\r\nConnection: close\r\n\r\n",
                    settings_.path, settings_.host));
    ask();
    return;
  }
  buf::Buffer::SpaceArray storage;
  const IoResult result = stream_->read(in_.reserve(1, storage));
  in_.commit(result.bytes);
  if (result.status == IoStatus::Ok || result.status == IoStatus::WouldBlock) {
    finish(Verdict::Passed, "connected");
  } else {
    failed(result.status);
  }
}

void Probe::ask() {
  while (!out_.empty()) {
    buf::Buffer::BytesArray storage;
    const IoResult result = stream_->write(out_.slices(storage));
    if (result.status == IoStatus::WouldBlock) {
      stream_->want(Interest::Write);
      return;
    }
    if (result.status != IoStatus::Ok) {
      failed(result.status);
      return;
    }
    out_.consume(result.bytes);
  }
  phase_ = Phase::Head;
  stream_->want(Interest::Read);
}

void Probe::readOnce() {
  buf::Buffer::SpaceArray storage;
  const IoResult result = stream_->read(in_.reserve(buf::Block::kBytes, storage));
  in_.commit(result.bytes);
  switch (result.status) {
    case IoStatus::Ok: process(); return;
    case IoStatus::WouldBlock: return;
    case IoStatus::Eof: onEof(); return;
    default: failed(result.status); return;
  }
}

void Probe::process() {
  while (phase_ == Phase::Head && !in_.empty() && parseHead()) {
  }
  if (phase_ == Phase::Body) decodeBody();
}

// True: it was an interim one, there may be another.
bool Probe::parseHead() {
  const http::ParseStatus status = parser_.parse(in_, {.bytes_max = kHeadBytesMax}, head_);
  if (status == http::ParseStatus::NeedMore) return false;
  if (status == http::ParseStatus::Bad) {
    finish(Verdict::Failed, parser_.problem().what);
    return false;
  }
  if (head_.status < 200 && head_.status != 101) {
    head_.clear();
    parser_.reset();
    return true;
  }
  const std::uint16_t code = head_.status;
  const bool expected = std::ranges::any_of(
      settings_.expect, [&](const StatusRange& range) { return range.first <= code && code <= range.last; });
  const auto framing = http::responseFraming(head_, http::Method::Get);
  if (!expected) {
    finish(Verdict::Failed, fmt::format("status {}", code));
  } else if (!framing) {
    finish(Verdict::Failed, framing.error().what);
  } else {
    decoder_.start(*framing);
    phase_ = Phase::Body;
  }
  return false;
}

void Probe::decodeBody() {
  const http::ParseStatus status = decoder_.decode(in_, body_, {});
  if (status == http::ParseStatus::Bad) {
    finish(Verdict::Failed, decoder_.problem().what);
  } else if (status == http::ParseStatus::Done || body_.size() >= kBodyBytesMax) {
    judgeBody();
  }
}

void Probe::onEof() {
  if (phase_ == Phase::Body && decoder_.end() == http::ParseStatus::Done) {
    judgeBody();
  } else {
    finish(Verdict::Failed, "closed before a whole answer");
  }
}

void Probe::judgeBody() {
  if (!settings_.body.empty() && body_.toString().find(settings_.body) == std::string::npos) {
    finish(Verdict::Failed, "the body does not have what is expected");
    return;
  }
  finish(Verdict::Passed, fmt::format("status {}", head_.status));
}

void Probe::failed(IoStatus status) {
  finish(status == IoStatus::Exhausted ? Verdict::Inconclusive : Verdict::Failed, toString(status));
}

void Probe::finish(Verdict verdict, std::string why) {
  phase_ = Phase::Done;
  timeout_->disarm();
  loop_.retire(std::move(stream_));  // this may be its own event
  events_.onProbed(verdict, why);
}

}  // namespace lb::health
