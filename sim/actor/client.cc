// See client.h.
#include "sim/actor/client.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "sim/actor/wire_text.h"
#include "sim/check/fault_marks.h"
#include "sim/core/trace.h"

namespace sim::actor {

using lb::IoStatus;

// One connection; what happens on it is told only while it is the current one.
class Client::Conn final : public RawEnd, private StrictEvents {
 public:
  Conn(Client& client, std::unique_ptr<lb::Stream> stream)
      : RawEnd(client.env_.loop, std::move(stream)), client_(client), reader_(StrictReader::Kind::Response, *this) {
    setReadSize(client.plan_.reading == plan::Reading::Small ? plan::kSmallRead : 8192);
    if (client.plan_.reading == plan::Reading::Never) setReading(false);
    if (client.plan_.pace > Duration::zero()) pace_ = client.env_.loop.makeTimer([this] { setReading(true); });
  }
  [[nodiscard]] bool between() const { return reader_.between(); }

 private:
  void onReceived() override {
    if (client_.current_ != this) {
      static_cast<void>(takeReceived());
      if (ended() != IoStatus::Ok) close();
      return;
    }
    const std::string bytes = takeReceived();
    if (pace_ && ended() == IoStatus::Ok) {
      setReading(false);
      pace_->arm(client_.plan_.pace);
    }
    if (!bytes.empty()) reader_.feed(bytes);
    if (client_.current_ != this || ended() == IoStatus::Ok) return;
    if (ended() == IoStatus::Eof) reader_.endOfInput();
    if (client_.current_ == this) client_.onConnectionEnded(ended());
  }
  bool nextIsToHead() override {
    if (client_.waiting_.empty()) return false;
    const plan::Request& next = *client_.waiting_.front();
    return next.method == "HEAD" && next.malformed < 0;  // those are texts of their own, and none of them is a HEAD
  }
  void onHead(const Head& head) override {
    client_.onHead(head);
    if (client_.current_ != this) {
      reader_.stop();
    } else if (client_.tunnel_) {
      reader_.switchToRaw();
    }
  }
  void onBody(std::string_view bytes) override { client_.onBody(bytes); }
  void onRaw(std::string_view bytes) override { client_.onRaw(bytes); }
  void onEnd() override {
    if (client_.current_ == this) client_.onEnd(reader_.head(), reader_.messageBytes(), reader_.trailers());
    if (client_.current_ != this) reader_.stop();
  }
  void onViolation(std::string what) override {
    const std::uint64_t request = client_.waiting_.empty() ? 0 : client_.waiting_.front()->id;
    client_.ledger_.fail(check::Class::Safety, "safety.parse_client", request, client_.name_ + " got: " + what);
  }

  Client& client_;
  StrictReader reader_;
  std::unique_ptr<lb::Timer> pace_;  // null: it reads as fast as it can
};

Client::Client(const lb::Env& env, const lb::Address& to, const plan::Client& plan, check::Ledger& ledger,
               std::string name)
    : env_(env),
      to_(to),
      plan_(plan),
      ledger_(ledger),
      name_(std::move(name)),
      start_timer_(env.loop.makeTimer([this] { open(); })),
      write_timer_(env.loop.makeTimer([this] { writeSome(); })),
      think_timer_(env.loop.makeTimer([this] {
        thought_ = true;
        pump();
      })),
      patience_timer_(env.loop.makeTimer([this] { onPatience(); })),
      continue_timer_(env.loop.makeTimer([this] { onContinueTime(); })) {
  for (const plan::Request& request : plan.requests) ledger.add(request, plan);
  start_timer_->arm(plan.start);
}

Client::~Client() = default;

void Client::open() {
  waiting_.clear();
  outbox_.clear();
  held_body_.clear();
  marks_.clear();
  queued_ = passed_ = 0;
  cut_pending_ = stopped_ = told_to_end_ = finished_ = answering_ = tunnel_ = thought_ = false;
  connected_ = ledger_.now();
  idle_since_ = check::kNever;
  judged_ = check::ClientConnection(connected_);
  connections_.push_back(std::make_unique<Conn>(*this, env_.network.connect(to_)));
  current_ = connections_.back().get();
  if (Trace* trace = ledger_.world().trace()) trace->nameEnd(current_->local(), name_);
  ledger_.trace("{} connects", name_);
  pump();
}

// Nobody has said 100 (Continue) so far; if a backend has, it got lost.
void Client::onContinueTime() {
  if (held_body_.empty() || current_ == nullptr) return;
  const check::Entry& entry = ledger_.of(waiting_.back()->id);
  // One that reads slowly may still be busy with what came before it.
  const bool lost = entry.continued != check::kNever && ledger_.scenario().calm_only &&
                    plan_.pace == Duration::zero() && ledger_.now() - entry.continued > plan::kContinueWait / 2;
  if (lost)
    ledger_.fail(check::Class::Safety, "safety.interim", entry.plan->id, "a backend's 100 (Continue) did not arrive");
  ledger_.of(waiting_.back()->id).went_on = true;
  outbox_.end() += std::exchange(held_body_, {});
  writeSome();
}

void Client::pump() {
  while (current_ != nullptr && !stopped_ && next_ < plan_.requests.size() && waiting_.size() < plan_.pipeline &&
         held_body_.empty()) {
    const plan::Request& request = plan_.requests[next_];
    if (waiting_.empty() && request.think > Duration::zero() && !thought_) {
      think_timer_->arm(request.think);
      return;
    }
    thought_ = false;
    ++next_;
    queue(request);
  }
  writeSome();
}

void Client::queue(const plan::Request& request) {
  WireText text = requestText(request);
  if (waiting_.empty()) patience_timer_->arm(plan_.patience);
  waiting_.push_back(&request);
  check::Entry& entry = ledger_.of(request.id);
  entry.connected = connected_;
  if (waiting_.size() == 1) {
    entry.idle_since = idle_since_;
    entry.turn = ledger_.now();
  }
  if (waiting_.size() > 1) ledger_.leave(check::Mark::RequestPipelined);
  const bool bad = request.malformed >= 0;
  if (request.cut_at >= 0 && !bad) {
    text.bytes.resize(text.bytes.size() * static_cast<std::size_t>(request.cut_at) / 1000);
    cut_pending_ = stopped_ = true;
  }
  if (bad || request.upgrade) stopped_ = true;  // nothing may follow
  marks_.push_back({queued_, queued_ + text.bytes.size(), request.id});
  queued_ += entry.asked_bytes = text.bytes.size();
  if (request.expect && text.bytes.size() > text.head_size) {
    held_body_ = text.bytes.substr(text.head_size);
    text.bytes.resize(text.head_size);
    if (!request.patient) continue_timer_->arm(plan::kContinueWait);
  }
  outbox_.end() += text.bytes;
  if (request.tunnel.eager) appendPattern(outbox_.end(), request.id, Direction::TunnelUp, 0, request.tunnel.up);
}

void Client::pass(std::size_t bytes) {
  const std::string piece = outbox_.take(bytes);
  passed_ += bytes;
  for (const Mark& mark : marks_) {
    check::Entry& entry = ledger_.of(mark.id);
    if (passed_ <= mark.begin) break;
    if (entry.started == check::kNever) {
      entry.started = ledger_.now();
      ledger_.trace("{} sends request {} {}", name_, mark.id, entry.plan->method);
    }
    if (passed_ >= mark.end && entry.plan->cut_at < 0) entry.sent = ledger_.now();
  }
  while (!marks_.empty() && passed_ >= marks_.front().end) marks_.pop_front();
  current_->send(piece);
  if (current_->unsent() > 0) ledger_.leave(check::Mark::ClientPaused);
}

void Client::writeSome() {
  if (current_ == nullptr) return;
  if (outbox_.empty()) {
    afterWriting();
    return;
  }
  if (plan_.piece == 0) {
    pass(outbox_.size());
  } else {
    ledger_.leave(check::Mark::ClientSlow);
    pass(std::min<std::size_t>(plan_.piece, outbox_.size()));
    write_timer_->arm(plan_.gap + std::chrono::microseconds(1));
    return;
  }
  afterWriting();
}

void Client::afterWriting() {
  if (!held_body_.empty() || finished_) return;
  if (cut_pending_) {
    cut_pending_ = false;
    ledger_.trace("{} stops in the middle", name_);
    ledger_.leave(check::markOf(plan_.cut));
    if (plan_.cut == plan::Cut::Reset) {
      abandon(check::Loss::OwnDoing, true);
    } else if (plan_.cut == plan::Cut::HalfClose) {
      finished_ = true;
      current_->finish();
    }
    return;
  }
  if (plan_.half_close && next_ == plan_.requests.size() && !waiting_.empty() && !waiting_.back()->upgrade) {
    finished_ = true;
    ledger_.leave(check::Mark::ClientHalfClosed);
    if (waiting_.size() == 1 && ledger_.scenario().config.abort_on_half_close)
      ledger_.gaveUp(waiting_.back()->id, true);
    current_->finish();
  }
}

void Client::onHead(const Head& head) {
  if (waiting_.empty()) {
    ledger_.fail(check::Class::Safety, "safety.one_answer", 0,
                 fmt::format("{} got an answer to nothing: {}", name_, head.startLine()));
    return;
  }
  const plan::Request& request = *waiting_.front();
  const bool switches = head.status == 101 && request.upgrade;
  if (head.status < 200 && !switches) {
    ledger_.of(request.id).wire_bytes += head.wire_bytes;
    if (request.http10) ledger_.fail(check::Class::Safety, "safety.interim", request.id, "1xx to HTTP/1.0");
    if (head.status != 100) ledger_.leave(check::Mark::AnswerInterim);
    if (head.status == 100 && !held_body_.empty() && waiting_.back() == &request) {
      ledger_.leave(check::Mark::Continue100);
      ledger_.of(request.id).went_on = true;
      outbox_.end() += std::exchange(held_body_, {});
      continue_timer_->disarm();
      writeSome();
    }
    return;
  }
  body_bytes_ = 0;
  answering_ = true;
  told_to_end_ = !switches && (head.connectionHas("close") || (request.http10 && !head.connectionHas("keep-alive")));
  ledger_.headAtClient(request.id, head);
  if (request.malformed < 0) judgeConnection(request, head);
  if (switches) openTunnel(request);
}

void Client::judgeConnection(const plan::Request& request, const Head& head) {
  const std::string wrong = judged_.onHead(ledger_, request, head, finished_);
  if (!wrong.empty()) ledger_.fail(check::Class::Safety, "safety.client_connection", request.id, wrong);
  if (head.status != 101 && !request.http10) ledger_.checkEndIsSaid(request.id, head.connectionHas("close"));
}

void Client::openTunnel(const plan::Request& request) {
  tunnel_ = true;
  std::string up;
  if (!request.tunnel.eager) appendPattern(up, request.id, Direction::TunnelUp, 0, request.tunnel.up);
  if (!up.empty()) current_->send(up);
  if (request.tunnel.end == plan::Tunnel::End::Client && !request.tunnel.eager) {
    finished_ = true;
    current_->finish();
  }
  if (request.tunnel.end == plan::Tunnel::End::ClientReset && request.tunnel.down == 0)
    abandon(check::Loss::OwnDoing, true);
}

void Client::onRaw(std::string_view bytes) {
  if (waiting_.empty()) return;
  const plan::Request& request = *waiting_.front();
  ledger_.tunnelBytes(request.id, Direction::TunnelDown, bytes);
  const bool all = ledger_.of(request.id).tunnel_down >= request.tunnel.down;
  if (all && request.tunnel.end == plan::Tunnel::End::ClientReset) {
    abandon(check::Loss::OwnDoing, true);
  } else if (all && request.tunnel.eager && request.tunnel.end == plan::Tunnel::End::Client && !finished_) {
    finished_ = true;
    current_->finish();
  }
}

void Client::onBody(std::string_view bytes) {
  if (!answering_) return;
  ledger_.bodyAtClient(waiting_.front()->id, body_bytes_, bytes);
  body_bytes_ += bytes.size();
}

void Client::onEnd(const Head& head, std::size_t wire_bytes, const Head& trailers) {
  if (!answering_) return;  // nobody asked
  const plan::Request& request = *waiting_.front();
  answering_ = false;
  ledger_.of(request.id).wire_bytes += wire_bytes;
  ledger_.endAtClient(request.id, head, body_bytes_, trailers);
  waiting_.pop_front();
  if (waiting_.empty()) idle_since_ = ledger_.now();
  patience_timer_->disarm();
  if (!waiting_.empty()) {
    patience_timer_->arm(plan_.patience);
    if (!told_to_end_) ledger_.of(waiting_.front()->id).turn = ledger_.now();
  }
  if (request.tunnel.eager) {  // what has been sent into a tunnel that is none looks like a request
    abandon(check::Loss::OwnDoing, true);
    return;
  }
  const bool incomplete = std::ranges::any_of(marks_, [&](const Mark& mark) { return mark.id == request.id; });
  if (!incomplete && !told_to_end_) {
    pump();
    return;
  }
  // Of a connection that is to end, its end is awaited; what was pipelined behind is lost.
  stopped_ = true;
  outbox_.clear();
  held_body_.clear();
  marks_.clear();
  write_timer_->disarm();
  if (told_to_end_) {
    patience_timer_->arm(plan_.patience);
  } else {
    abandon(check::Loss::OwnDoing, true);
  }
}

void Client::onConnectionEnded(IoStatus status) {
  ledger_.trace("{}'s connection ends: {}{}", name_, lb::toString(status), answering_ ? ", within an answer" : "");
  if (tunnel_ && status == IoStatus::Eof) {
    const plan::Request& request = *waiting_.front();
    check::Entry& entry = ledger_.of(request.id);
    const bool both = entry.tunnel_down == request.tunnel.down &&
                      (request.tunnel.end != plan::Tunnel::End::Client || entry.tunnel_up == request.tunnel.up);
    if (both) {
      entry.good = entry.complete = true;
      entry.ended = ledger_.now();
      ledger_.leave(check::Mark::TunnelWhole);
      waiting_.pop_front();
      current_->finish();
    }
  }
  abandon(check::Loss::Surprise, false);
}

void Client::onPatience() {
  if (current_ == nullptr) return;
  ledger_.trace("{} has waited long enough", name_);
  abandon(check::Loss::OwnDoing, true);
}

void Client::abandon(check::Loss how, bool reset) {
  Conn& old = *std::exchange(current_, nullptr);
  const bool announced = how == check::Loss::Surprise && told_to_end_ && !answering_;
  for (const plan::Request* request : waiting_) {
    const bool first = request == waiting_.front();
    const check::Loss loss = announced                                ? check::Loss::Announced
                             : how == check::Loss::Surprise && !first ? check::Loss::Behind
                                                                      : how;
    ledger_.lostAtClient(request->id, loss, first && answering_);
    if (reset) ledger_.gaveUp(request->id, false);
  }
  waiting_.clear();
  reset ? old.abort() : old.close();
  answering_ = false;
  write_timer_->disarm();
  think_timer_->disarm();
  patience_timer_->disarm();
  continue_timer_->disarm();
  next();
}

void Client::next() {
  if (next_ < plan_.requests.size()) {
    start_timer_->arm(std::chrono::milliseconds(1));
  } else {
    done_ = true;
  }
}

void Client::stopAsking() {
  next_ = plan_.requests.size();
  start_timer_->disarm();
  think_timer_->disarm();
  if (current_ == nullptr) done_ = true;
}

void Client::giveUp() {
  stopAsking();
  if (current_ != nullptr) abandon(check::Loss::OwnDoing, true);
  done_ = true;
}

}  // namespace sim::actor
