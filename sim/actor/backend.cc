// See backend.h.
#include "sim/actor/backend.h"

#include <fmt/format.h>

#include <algorithm>

#include "lb/base/check.h"
#include "sim/actor/wire_text.h"
#include "sim/check/fault_marks.h"
#include "sim/check/pooled_connection.h"
#include "sim/check/view.h"

namespace sim::actor {

using plan::AnswerFault;

class Backend::Conn final : public RawEnd, private StrictEvents {
 public:
  Conn(Backend& backend, std::unique_ptr<lb::Stream> stream)
      : RawEnd(backend.env_.loop, std::move(stream)),
        backend_(backend),
        reader_(StrictReader::Kind::Request, *this),
        timer_(backend.env_.loop.makeTimer([this] { step(); })),
        idle_timer_(backend.env_.loop.makeTimer([this] { onIdle(); })) {
    setReadSize(16 * 1024);
  }

  void kill() {
    quiet();
    abort();
  }

 private:
  [[nodiscard]] bool idle() const { return request_ == nullptr && !reading_request_ && !tunnel_; }
  [[nodiscard]] AnswerFault fault() const {
    return backend_.well_behaved_ ? AnswerFault::None : request_->answer.fault;
  }
  void quiet() {
    trickle_ = false;
    timer_->disarm();
    idle_timer_->disarm();
    requestOver();
  }
  void requestOver() {
    if (request_ != nullptr) backend_.ledger_.traffic().ends(connection_);
    request_ = nullptr;
  }

  void onReceived() override {
    const std::string bytes = takeReceived();
    if (!bytes.empty()) reader_.feed(bytes);
    if (ended() == lb::IoStatus::Ok || gone()) return;
    if (tunnel_ && ended() == lb::IoStatus::Eof) {
      finish();  // what is unsent goes first
      return;
    }
    quiet();
    close();
  }

  void onHead(const Head& head) override {
    if (head.target() == kCheckPath) {
      reading_request_ = checked_ = true;
      backend_.noteCheck(head, backend_.number_, backend_.ledger_);
      return;
    }
    // Who took the answer that nobody had asked for as its own may have been too late to know better (RFC 9112 9.2).
    if (strayed_) backend_.ledger_.noteMixUp();
    if (strayed_ && std::exchange(after_stray_, true)) {
      leaveMixedUp();
      return;
    }
    if (request_ != nullptr) {
      violated("safety.reuse", fmt::format("\"{}\" came before the answer to {}", head.startLine(), request_->id));
      return;
    }
    if (said_close_) violated("safety.reuse", fmt::format("\"{}\" came after Connection: close", head.startLine()));
    idle_timer_->disarm();
    stray_.clear();
    const check::Entry* entry = backend_.ledger_.headAtBackend(head, backend_.number_, requests_++ > 0);
    if (entry == nullptr) {
      reader_.stop();
      return;
    }
    if (backend_.sick()) {
      const auto services = backend_.ledger_.servicesOf(*entry);
      const bool fresh = requests_ == 1 && entry->plan->malformed < 0 && services.size() == 1;
      if (fresh) backend_.ledger_.health().onHangUp(services.front(), backend_.number_, backend_.ledger_.now());
      reader_.stop();
      quiet();
      ++backend_.hangups_ % 2 == 0 ? close() : abort();
      return;
    }
    request_ = entry->plan;
    backend_.ledger_.traffic().begins(*entry, backend_.number_, connection_);
    current_id_ = request_->id;
    judgeReuse();
    reading_request_ = true;
    body_bytes_ = 0;
    const bool early_close = fault() == AnswerFault::EarlyClose;
    const bool early = early_close || fault() == AnswerFault::Early || fault() == AnswerFault::EarlyReset;
    if (early_close || fault() == AnswerFault::StopsReading) setReading(false);
    if (fault() == AnswerFault::StopsReading) {
      performs(fault());
    } else if (early) {
      startAnswer();
    } else if (request_->answer.duplex && fault() == AnswerFault::None && head.body != Head::Body::None) {
      beginAnswer();
    } else if (request_->expect && head.field("expect") && request_->answer.interim) {
      continues_ = true;
      stepAfter(request_->answer.continue_after);
    }
  }

  // Of an answer in two parts the first, which ends within the body.
  void beginAnswer() {
    const WireText text = answerText(*request_);
    if (text.bytes.size() == text.head_size) return;
    begun_ = true;
    answer_size_ = text.bytes.size();
    outbox_.end() = text.bytes;  // empty between answers
    backend_.ledger_.of(current_id_).replied = backend_.ledger_.now();
    backend_.ledger_.leave(check::Mark::AnswerDuplex);
    send(outbox_.take(text.head_size + (text.bytes.size() - text.head_size) / 2));
  }

  // What the storm asked for has nobody left who waits for it, once all is well.
  void stepAfter(Duration delay) {
    const bool of_storm = backend_.well_behaved_ && !backend_.ledger_.of(request_->id).calm;
    delay > Duration::zero() && !of_storm ? timer_->arm(delay) : step();
  }

  // What belongs to which request is known to nobody any more.
  void leaveMixedUp() {
    reader_.stop();
    kill();
  }

  void onBody(std::string_view bytes) override {
    backend_.ledger_.bodyAtBackend(current_id_, body_bytes_, bytes);
    body_bytes_ += bytes.size();
  }

  void onEnd() override {
    reading_request_ = false;
    if (checked_) {
      answerCheck();
      return;
    }
    backend_.ledger_.endAtBackend(current_id_, body_bytes_, reader_.trailers());
    if (request_ != nullptr && !answering_) startAnswer();
  }

  void onRaw(std::string_view bytes) override {
    if (strayed_) {  // the proxy takes another answer for that of the tunnel's request: this is the next request
      backend_.ledger_.noteMixUp();
      leaveMixedUp();
      return;
    }
    backend_.ledger_.tunnelBytes(current_id_, Direction::TunnelUp, bytes);
    const plan::Request& request = *backend_.ledger_.of(current_id_).plan;
    const bool all = backend_.ledger_.of(current_id_).tunnel_up >= request.tunnel.up;
    if (all && request.tunnel.eager) speakInTunnel(request);
    if (all && request.tunnel.end == plan::Tunnel::End::BackendReset) abort();
  }

  void answerCheck() {
    const CheckFailure how = backend_.checkFailure();
    send(checkAnswer(how));
    if (how != CheckFailure::Trickle) {
      finish();
      return;
    }
    trickle_ = true;
    timer_->arm(kTrickle);
  }

  void judgeReuse() {
    const auto pool = check::poolFor(backend_.ledger_, backend_.ledger_.of(current_id_));
    if (!pool) return;
    const std::string wrong = pooled_.onRequest(*pool, backend_.ledger_.now(), delivery());
    if (!wrong.empty()) violated("safety.pool", wrong);
    if (reader_.head().field("connection").value_or("").contains("close")) pooled_.onSaidClose();
  }

  // How long the proxy may need to notice what was done here last: a small answer arrives, or the network is ill.
  [[nodiscard]] Duration delivery() const {
    const plan::Network& network = backend_.ledger_.scenario().network;
    const bool large_request = reader_.head().wire_bytes > network.window / 2;  // takes several ways
    // What was sent before it, 1xx included, may still stand in the window.
    const bool large_answer = answer_size_ > std::min<std::size_t>(kSmallAnswer, network.window / 3);
    return large_request || large_answer ? Duration::max()
                                         : check::noticeTime(backend_.ledger_, backend_.number_, pooled_.answered());
  }

  void onViolation(std::string what) override { violated("safety.parse_backend", what); }
  void violated(const char* invariant, const std::string& what) {
    backend_.ledger_.fail(check::Class::Safety, invariant, current_id_, fmt::format("b{}: {}", backend_.number_, what));
  }

  void performs(AnswerFault fault) {
    if (const auto mark = check::markOf(fault)) backend_.ledger_.leave(*mark);
  }

  void startAnswer() {
    answering_ = true;
    if (fault() == AnswerFault::Silence) performs(fault());
    if (fault() == AnswerFault::Silence || fault() == AnswerFault::StopsReading) return;
    const bool unavailable =
        fault() == AnswerFault::Unavailable && backend_.ledger_.of(current_id_).attempts.size() == 1;
    if (unavailable) performs(fault());
    if (!std::exchange(begun_, false)) {
      std::string text = spoilt(answerText(*request_, unavailable).bytes, fault(), request_->answer.fault_at);
      answer_size_ = text.size();
      outbox_.clear();
      outbox_.end() = std::move(text);
    }
    continues_ = false;
    timer_->disarm();
    stepAfter(request_->answer.delay);
  }

  void step() {
    if (trickle_ && !gone()) {
      send("x");
      timer_->arm(kTrickle);
      return;
    }
    if (gone() || request_ == nullptr) return;
    if (std::exchange(continues_, false)) {
      backend_.ledger_.of(current_id_).continued = backend_.ledger_.now();
      send("HTTP/1.1 100 Continue\r\n\r\n");
      return;
    }
    const plan::Answer& answer = request_->answer;
    // What is more than was announced comes with the rest: whoever believed the length may ask for more meanwhile.
    const bool too_much = answer.fault == AnswerFault::LengthTooSmall || answer.fault == AnswerFault::TrailingBytes;
    if (answer.piece > 0 && !too_much && !backend_.well_behaved_ && outbox_.size() > answer.piece) {
      const std::string piece = outbox_.take(answer.piece);
      backend_.ledger_.of(request_->id).replied = backend_.ledger_.now();
      send(piece);
      timer_->arm(answer.gap + std::chrono::microseconds(1));
      return;
    }
    answered(outbox_.take(outbox_.size()));
  }

  // The last piece: the request is over before it is sent, because what it causes may come at once.
  void answered(const std::string& last) {
    const plan::Request& request = *request_;
    const AnswerFault fault_now = fault();
    said_close_ = said_close_ || request.answer.close || request.answer.framing == plan::Framing::UntilClose ||
                  fault_now == AnswerFault::SaysClose;
    requestOver();
    answering_ = false;
    pooled_.onAnswered(backend_.ledger_.now());
    if (fault_now == AnswerFault::TrailingBytes || fault_now == AnswerFault::LengthTooSmall)
      pooled_.onSpoilt(backend_.ledger_.now(), "unasked bytes");
    backend_.ledger_.of(request.id).replied = backend_.ledger_.now();
    backend_.ledger_.health().onReply(backend_.number_, request.answer.status, backend_.ledger_.now());
    if (!last.empty()) send(last);
    if (unsent() > 0) backend_.ledger_.leave(check::Mark::BackendPaused);
    if (backend_.ledger_.of(request.id).client->reading == plan::Reading::Never)
      backend_.ledger_.leave(check::Mark::ClientNeverReads);
    const bool later = fault_now == AnswerFault::IdleBytes || fault_now == AnswerFault::IdleAnswer;
    if (!later && fault_now != AnswerFault::Unavailable) performs(fault_now);
    if (fault_now == AnswerFault::None && request.answer.status == 101) {
      openTunnel(request);
      return;
    }
    switch (fault_now) {
      case AnswerFault::NoAnswerReset:
      case AnswerFault::CutReset:
      case AnswerFault::EarlyReset: abort(); return;
      case AnswerFault::ResetAfter: endQuietly(true); return;
      case AnswerFault::NoAnswerClose:
      case AnswerFault::CutClose:
      case AnswerFault::SilentClose: endQuietly(); return;
      case AnswerFault::IdleBytes: idle_timer_->arm(request.answer.gap + std::chrono::milliseconds(3)); return;
      case AnswerFault::IdleAnswer:
        stray_ = fmt::format("HTTP/1.1 200 OK\r\nX-Sim-Id: {}\r\nContent-Length: 0\r\n\r\n", request.id);
        idle_timer_->arm(request.answer.gap + std::chrono::microseconds(1));
        return;
      case AnswerFault::EarlyClose: close(); return;
      case AnswerFault::LengthTooLarge:
      case AnswerFault::SaysClose: return;
      default: break;
    }
    if (said_close_) {
      finish();
    } else if (backend_.closesIdle()) {
      idle_timer_->arm(backend_.plan_.idle_close);
    }
  }

  void openTunnel(const plan::Request& request) {
    tunnel_ = true;
    reader_.switchToRaw();
    backend_.ledger_.leave(check::Mark::TunnelOpened);
    const bool listens_first = request.tunnel.eager && request.tunnel.up > 0;
    if (!listens_first) speakInTunnel(request);
    if (request.tunnel.end == plan::Tunnel::End::BackendReset && request.tunnel.up == 0) abort();
  }

  void speakInTunnel(const plan::Request& request) {
    std::string down;
    appendPattern(down, request.id, Direction::TunnelDown, 0, request.tunnel.down);
    if (!down.empty()) send(down);
    if (request.tunnel.end == plan::Tunnel::End::Backend) finish();
  }

  void onIdle() {
    if (gone() || !idle()) return;
    if (!stray_.empty() && !backend_.well_behaved_) {
      strayed_ = true;
      check::Entry& entry = backend_.ledger_.of(current_id_);
      entry.strayed = true;
      entry.replied = backend_.ledger_.now();
      pooled_.onSpoilt(backend_.ledger_.now(), "an unasked answer");
      performs(AnswerFault::IdleAnswer);
      send(std::exchange(stray_, {}));
      return;
    }
    if (backend_.closesIdle()) {
      if (backend_.ledger_.scenario().has("idle_race")) backend_.ledger_.leave(check::Mark::IdleRace);
      endQuietly();
    } else if (!backend_.well_behaved_) {
      pooled_.onSpoilt(backend_.ledger_.now(), "unasked bytes");
      performs(AnswerFault::IdleBytes);
      send("IDLE NOISE\r\n\r\n");
    }
  }
  void endQuietly(bool by_reset = false) {
    pooled_.onSpoilt(backend_.ledger_.now(), "its end");
    by_reset ? abort() : finish();
  }

  static constexpr Duration kTrickle = std::chrono::milliseconds(100);
  static constexpr std::size_t kSmallAnswer = 500;  // fits every buffer

  Backend& backend_;
  std::uint64_t connection_ = backend_.ledger_.traffic().accepted(backend_.number_, remote());
  check::PooledConnection pooled_{backend_.ledger_.now()};
  StrictReader reader_;
  std::unique_ptr<lb::Timer> timer_;
  std::unique_ptr<lb::Timer> idle_timer_;
  const plan::Request* request_ = nullptr;  // that has not been answered
  std::uint64_t current_id_ = 0;
  std::uint64_t body_bytes_ = 0;
  std::size_t answer_size_ = 0;
  std::uint64_t requests_ = 0;
  bool reading_request_ = false;
  bool continues_ = false;  // is about to say 100
  bool begun_ = false;      // the first part of the answer has been sent
  bool answering_ = false;
  bool said_close_ = false;
  bool tunnel_ = false;
  bool checked_ = false;  // it is a check's
  bool trickle_ = false;
  Outbox outbox_;
  std::string stray_;         // an answer that nobody asks for, to come
  bool strayed_ = false;      // it has been sent
  bool after_stray_ = false;  // and a request has come nevertheless
};

Backend::Backend(const lb::Env& env, const lb::Address& at, check::Ledger& ledger, std::uint32_t number,
                 const plan::Backend& plan)
    : env_(env), at_(at), ledger_(ledger), number_(number), plan_(plan) {
  restart();
}

Backend::~Backend() = default;

void Backend::kill() {
  ledger_.trace("b{} dies", number_);
  listener_.reset();
  for (const auto& connection : connections_) {
    if (!connection->gone()) connection->kill();
  }
}

// A race is bad luck for whoever cannot be sent again, and in the calm nobody has any.
bool Backend::closesIdle() const {
  return plan_.idle_close > Duration::zero() && !(well_behaved_ && ledger_.scenario().has("idle_race"));
}

void Backend::restart() {
  if (listener_) return;
  auto listener = env_.network.listen(at_, *this);
  LB_CHECK(listener.has_value());
  listener_ = std::move(*listener);
}

void Backend::onAccept(std::unique_ptr<lb::Stream> stream) {
  if (hangsUpOn(*stream)) return;
  connections_.push_back(std::make_unique<Conn>(*this, std::move(stream)));
}

}  // namespace sim::actor
