// See client.h.
#include "sim/actor/client.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "sim/actor/wire_text.h"

namespace sim::actor {

using lb::IoStatus;

// One connection; what happens on it is told only while it is the current one.
class Client::Conn final : public RawEnd, private StrictEvents {
 public:
  Conn(Client& client, std::unique_ptr<lb::Stream> stream)
      : RawEnd(client.env_.loop, std::move(stream)), client_(client), reader_(StrictReader::Kind::Response, *this) {
    setReadSize(client.plan_.reading == plan::Reading::Small ? 50 : 8192);
    if (client.plan_.reading == plan::Reading::Never) setReading(false);
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
    if (!bytes.empty()) reader_.feed(bytes);
    if (client_.current_ != this || ended() == IoStatus::Ok) return;
    if (ended() == IoStatus::Eof) reader_.endOfInput();
    if (client_.current_ == this) client_.onConnectionEnded(ended());
  }
  bool nextIsToHead() override { return !client_.waiting_.empty() && client_.waiting_.front()->method == "HEAD"; }
  void onHead(const Head& head) override { client_.onHead(head); }
  void onBody(std::string_view bytes) override { client_.onBody(bytes); }
  void onEnd() override {
    if (client_.current_ == this) client_.onEnd();
    if (client_.current_ != this) reader_.stop();
  }
  void onViolation(std::string what) override {
    client_.ledger_.fail(check::Class::Safety, "safety.parse_client", client_.name_ + " got: " + what);
  }

  Client& client_;
  StrictReader reader_;
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
      continue_timer_(env.loop.makeTimer([this] {
        if (held_body_.empty()) return;
        outbox_ += std::exchange(held_body_, {});
        writeSome();
      })) {
  for (const plan::Request& request : plan.requests) ledger.add(request);
  start_timer_->arm(plan.start);
}

Client::~Client() = default;

void Client::open() {
  waiting_.clear();
  outbox_.clear();
  held_body_.clear();
  marks_.clear();
  queued_ = passed_ = 0;
  cut_pending_ = stopped_ = told_to_end_ = finished_ = answering_ = thought_ = false;
  connections_.push_back(std::make_unique<Conn>(*this, env_.network.connect(to_)));
  current_ = connections_.back().get();
  ledger_.trace(name_ + " connects");
  pump();
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
  const bool bad = request.malformed >= 0;
  if (request.cut_at >= 0 && !bad) {
    text.bytes.resize(text.bytes.size() * static_cast<std::size_t>(request.cut_at) / 1000);
    cut_pending_ = stopped_ = true;
  }
  if (bad) stopped_ = true;
  marks_.push_back({queued_, queued_ + text.bytes.size(), request.id});
  queued_ += text.bytes.size();
  if (request.expect && text.bytes.size() > text.head_size) {
    held_body_ = text.bytes.substr(text.head_size);
    text.bytes.resize(text.head_size);
    continue_timer_->arm(std::chrono::milliseconds(300));
  }
  outbox_ += text.bytes;
}

void Client::pass(std::size_t bytes) {
  const std::string piece = outbox_.substr(0, bytes);
  outbox_.erase(0, bytes);
  passed_ += bytes;
  while (!marks_.empty()) {
    check::Ledger::Entry& entry = ledger_.of(marks_.front().id);
    if (!entry.started && passed_ > marks_.front().begin) {
      entry.started = true;
      ledger_.trace(fmt::format("{} sends request {} {}", name_, marks_.front().id, entry.plan->method));
    }
    if (passed_ < marks_.front().end) break;
    entry.sent = entry.plan->cut_at < 0;
    marks_.pop_front();
    if (marks_.empty() || passed_ <= marks_.front().begin) break;
  }
  for (const Mark& mark : marks_) {
    if (passed_ > mark.begin) ledger_.of(mark.id).started = true;
  }
  current_->send(piece);
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
    ledger_.trace(name_ + " stops in the middle");
    if (plan_.cut == plan::Cut::Reset) {
      abandon(true);
    } else if (plan_.cut == plan::Cut::HalfClose) {
      finished_ = true;
      current_->finish();
    }
    return;
  }
  if (plan_.half_close && next_ == plan_.requests.size() && !waiting_.empty()) {
    finished_ = true;
    current_->finish();
  }
}

void Client::onHead(const Head& head) {
  if (waiting_.empty()) {
    ledger_.fail(check::Class::Safety, "safety.one_answer", name_ + " got an answer to nothing: " + head.start_line);
    return;
  }
  const plan::Request& request = *waiting_.front();
  if (head.status < 200) {
    if (request.http10) ledger_.fail(check::Class::Safety, "safety.interim", name_ + ": 1xx to HTTP/1.0");
    if (head.status == 100 && !held_body_.empty() && waiting_.back() == &request) {
      outbox_ += std::exchange(held_body_, {});
      continue_timer_->disarm();
      writeSome();
    }
    return;
  }
  head_ = head;
  body_bytes_ = 0;
  answering_ = true;
  told_to_end_ = head.connectionHas("close") || (request.http10 && !head.connectionHas("keep-alive"));
  ledger_.headAtClient(request.id, head);
}

void Client::onBody(std::string_view bytes) {
  if (!answering_) return;
  ledger_.bodyAtClient(waiting_.front()->id, head_, body_bytes_, bytes);
  body_bytes_ += bytes.size();
}

void Client::onEnd() {
  const plan::Request& request = *waiting_.front();
  answering_ = false;
  ledger_.endAtClient(request.id, head_, body_bytes_);
  waiting_.pop_front();
  patience_timer_->disarm();
  if (!waiting_.empty()) patience_timer_->arm(plan_.patience);
  const bool incomplete = std::ranges::any_of(marks_, [&](const Mark& mark) { return mark.id == request.id; });
  if (incomplete || told_to_end_) {
    if (incomplete && !told_to_end_ && head_.status < 400 && request.cut_at < 0)
      ledger_.trace(fmt::format("{}: answer to {} overtook its request", name_, request.id));
    // Of a connection that is to end, its end is awaited; what was pipelined behind is lost.
    stopped_ = true;
    outbox_.clear();
    held_body_.clear();
    marks_.clear();
    write_timer_->disarm();
    if (!told_to_end_) {
      abandon(true);
      return;
    }
    patience_timer_->arm(plan_.patience);
    return;
  }
  pump();
}

void Client::onConnectionEnded(IoStatus status) {
  ledger_.trace(
      fmt::format("{}'s connection ends: {}{}", name_, lb::toString(status), answering_ ? ", mid-answer" : ""));
  abandon(false);
}

void Client::onPatience() {
  if (current_ == nullptr) return;
  ledger_.trace(name_ + " has waited long enough");
  abandon(true);
}

void Client::abandon(bool reset) {
  Conn& old = *std::exchange(current_, nullptr);
  for (const plan::Request* request : waiting_) {
    const bool excused = told_to_end_ && !(answering_ && request == waiting_.front());
    ledger_.lostAtClient(request->id, excused);
  }
  if (reset) {
    old.abort();
  } else {
    old.close();
  }
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

void Client::giveUp() {
  next_ = plan_.requests.size();
  start_timer_->disarm();
  if (current_ != nullptr) abandon(true);
  done_ = true;
}

}  // namespace sim::actor
