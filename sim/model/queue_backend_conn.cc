// See queue_backend_conn.h.
#include "sim/model/queue_backend_conn.h"

#include <algorithm>
#include <utility>

namespace sim::model {
namespace {

constexpr std::uint64_t kBodyPiece = 32 * 1024;
constexpr Duration kNeverDone = std::chrono::hours(24 * 365);
constexpr Duration kPace = std::chrono::milliseconds(1);  // between two pieces of a body that takes its time, at least
constexpr int kPiecesMax = 9;                             // of those that come quickly
constexpr Duration kGapMax = std::chrono::seconds(1);
constexpr Duration::rep kSlowPiecesMax = 100'000;
constexpr Duration kGrace = std::chrono::milliseconds(500);  // for a request that is on its way to who leaves

// Of a body of so many bytes, more than one, that takes so long: few, but without a silence that a timeout would
// notice.
int piecesOf(Duration receive, std::uint64_t bytes) {
  const Duration::rep quick = 2 + std::min<Duration::rep>(receive / kPace, kPiecesMax - 2);
  const auto bytes_max = static_cast<Duration::rep>(std::min<std::uint64_t>(bytes, kSlowPiecesMax));
  return static_cast<int>(std::max(quick, std::min(2 + receive / kGapMax, bytes_max)));
}

bool hasBody(int status) {
  return status != 204 && status != 304;
}

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
  stream_->want(reading_ && phase_ == Phase::Answer && hasToWrite() ? read | Interest::Write : read);
}

void QueueBackend::Conn::abort() {
  stream_->abort();
  close();
}

void QueueBackend::Conn::leave(bool graceful) {
  close_ = true;
  if (phase_ != Phase::Head || !partial_.empty()) return;
  if (!graceful) return close();
  leave_ = owner_.env_.loop.makeTimer([this] {
    if (phase_ == Phase::Head && partial_.empty()) close();
  });
  leave_->arm(kGrace);
}

void QueueBackend::Conn::close() {
  if ((phase_ != Phase::Head && check_ == nullptr) || !partial_.empty()) ++owner_.counters_.abandoned;
  if (pace_ != nullptr) pace_->disarm();
  if (leave_ != nullptr) leave_->disarm();
  if (phase_ == Phase::Service && owner_.plan_.drops_abandoned) station_->withdraw(*this);
  if (phase_ == Phase::Service && !owner_.plan_.drops_abandoned) station_->forget(*this);
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
  check_ = head.id ? nullptr : owner_.checkOf(head.start_line);
  if (!head.id && check_ == nullptr) return violate("it has no number");
  id_ = head.id.value_or(0);
  head_request_ = head.start_line.starts_with("HEAD ");
  wanted_bytes_ = check_ == nullptr ? head.answer : 0;
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
  ++(check_ == nullptr ? owner_.counters_.requests : owner_.counters_.checks);
  phase_ = Phase::Service;
  const bool scripted = owner_.plan_.script != nullptr && check_ == nullptr;
  written_ = scripted ? &owner_.plan_.script->of(id_).answer : nullptr;
  std::optional<Duration> work;
  if (written_ != nullptr) work = written_->head || written_->ending != Ending::Silent ? written_->wait : kNeverDone;
  enter(work);
}

void QueueBackend::Conn::enter(std::optional<Duration> work) {
  station_ = check_ != nullptr && owner_.checks_apart_ ? &owner_.check_station_ : &owner_.station_;
  if (station_->offer(*this, work)) return;
  if (check_ == nullptr) ++owner_.counters_.overloaded;
  answer(503);
}

void QueueBackend::Conn::moveCheck() {
  if (check_ == nullptr || phase_ != Phase::Service) return;
  station_->withdraw(*this);
  enter(std::nullopt);
}

void QueueBackend::Conn::onServed() {
  if (written_ != nullptr) return answerAsWritten();
  const Errors& errors = check_ == nullptr ? owner_.errors_ : owner_.check_errors_;
  const bool fails = owner_.chance_.chance(errors.ratio);
  if (fails && check_ == nullptr) ++owner_.counters_.failed;
  if (fails || check_ == nullptr) return answer(fails ? errors.status : 200);
  answerCheck();
}

void QueueBackend::Conn::answerCheck() {
  phase_ = Phase::Answer;
  answer_bytes_ = answer_due_ = answer_queued_ = 0;
  outbox_ = "HTTP/1.1 ";
  appendNumber(outbox_, check_->status);
  outbox_ += " Modelled";
  if (hasBody(check_->status)) appendField(outbox_, "Content-Length", check_->body.size());
  outbox_ += close_ ? "\r\nConnection: close\r\n\r\n" : "\r\n\r\n";
  if (hasBody(check_->status)) outbox_ += check_->body;
  outbox_sent_ = 0;
  writeSome();
  updateInterest();
}

void QueueBackend::Conn::answerAsWritten() {
  if (written_->head) return answer(written_->status);
  if (written_->ending == Ending::Cut) return close();
  phase_ = Phase::Answer;
  answer_bytes_ = answer_due_ = answer_queued_ = 0;
  close_ = true;
  outbox_ = "no word of HTTP\r\n\r\n";
  outbox_sent_ = 0;
  writeSome();
  updateInterest();
}

void QueueBackend::Conn::planBody(int status) {
  pieces_ = pieces_due_ = 1;
  if (written_ == nullptr) {
    answer_bytes_ =
        wanted_bytes_ ? *wanted_bytes_ : static_cast<std::uint64_t>(owner_.plan_.answer.sample(owner_.chance_));
  } else {
    answer_bytes_ = hasBody(status) ? written_->bytes : 0;
    if (written_->receive > Duration::zero() && answer_bytes_ > 1 && !head_request_)
      pieces_ = piecesOf(written_->receive, answer_bytes_);
  }
  answer_due_ = answer_bytes_ / static_cast<std::uint64_t>(pieces_);
  answer_queued_ = 0;
  if (head_request_) answer_queued_ = answer_due_;
  if (pieces_ == 1) return;
  if (pace_ == nullptr) pace_ = owner_.env_.loop.makeTimer([this] { onPace(); });
  pace_->arm(written_->receive / (pieces_ - 1));
}

void QueueBackend::Conn::onPace() {
  ++pieces_due_;
  const auto due = static_cast<std::uint64_t>(pieces_due_);
  answer_due_ = answer_bytes_ * due / static_cast<std::uint64_t>(pieces_);
  if (pieces_due_ < pieces_) pace_->arm(written_->receive / (pieces_ - 1));
  writeSome();
  updateInterest();
}

void QueueBackend::Conn::answer(int status) {
  phase_ = Phase::Answer;
  planBody(status);
  const bool ends_well = written_ == nullptr || written_->ending == Ending::Whole;
  outbox_ = "HTTP/1.1 ";
  appendNumber(outbox_, static_cast<std::uint64_t>(status));
  outbox_ += " Modelled";
  appendField(outbox_, kBackendField, owner_.plan_.number);
  appendField(outbox_, kIdField, id_);
  if (hasBody(status)) appendField(outbox_, "Content-Length", answer_bytes_ + (ends_well ? 0 : 1));
  outbox_ += close_ ? "\r\nConnection: close\r\n\r\n" : "\r\n\r\n";
  outbox_sent_ = 0;
  writeSome();
  updateInterest();
}

void QueueBackend::Conn::writeSome() {
  for (;;) {
    if (outbox_sent_ == outbox_.size() || outbox_.size() < kBodyPiece) {
      if (outbox_sent_ == outbox_.size()) outbox_.clear(), outbox_sent_ = 0;
      const std::uint64_t count = std::min(answer_due_ - answer_queued_, kBodyPiece);
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
  if (answer_queued_ == answer_bytes_) answered();
}

void QueueBackend::Conn::answered() {
  const Ending ending = written_ != nullptr ? written_->ending : Ending::Whole;
  if (ending == Ending::Silent) return;
  if (ending == Ending::Cut) return close();
  if (check_ == nullptr) ++owner_.counters_.answered;
  phase_ = Phase::Head;
  if (close_) close();
}

}  // namespace sim::model
