// See open_loop.h.
#include "sim/model/open_loop.h"

#include <algorithm>
#include <utility>

#include "lb/base/check.h"
#include "sim/model/open_loop_conn.h"

namespace sim::model {
namespace {

constexpr std::size_t kReadBytes = 16 * 1024;

}  // namespace

std::string_view toString(Outcome::Result result) {
  switch (result) {
    case Outcome::Result::Answered: return "answered";
    case Outcome::Result::Refused: return "refused";
    case Outcome::Result::Cut: return "cut";
    case Outcome::Result::TimedOut: return "timed out";
    case Outcome::Result::Exhausted: return "out of connections";
    case Outcome::Result::Garbage: return "garbage";
  }
  return "?";
}

OpenLoop::OpenLoop(const lb::Env& env, const lb::Address& to, TrafficPlan plan, Prng chance, TrafficObserver& observer,
                   std::uint64_t numbers_from)
    : env_(env),
      to_(to),
      plan_(std::move(plan)),
      chance_(chance),
      observer_(observer),
      source_(plan_.arrivals),
      begin_(env.clock.precise()),
      last_id_(numbers_from),
      counted_at_(begin_),
      scratch_(kReadBytes, '\0') {
  LB_CHECK(plan_.script != nullptr ? numbers_from == 0 : plan_.arrivals.problem().empty());
  for (const Ask& ask : plan_.mix) {
    LB_CHECK(ask.body.problem().empty());
    weights_ += ask.weight;
  }
  LB_CHECK(weights_ > 0);
  timer_ = env_.loop.makeTimer([this] { onTime(); });
  patience_timer_ = env_.loop.makeTimer([this] { onPatience(); });
  next_ = nextArrival();
  arm();
}

OpenLoop::~OpenLoop() = default;

void OpenLoop::stop() {
  ended_ = true;
  timer_->disarm();
}

void OpenLoop::arm() {
  ended_ = ended_ || next_ == ArrivalSource::kNever || counters_.started >= plan_.requests_max;
  if (ended_) return;
  timer_->arm(begin_ + next_ - env_.clock.now());
}

void OpenLoop::onTime() {
  const Duration now = env_.clock.now() - begin_;
  while (next_ <= now && counters_.started < plan_.requests_max) {
    start(begin_ + next_);
    next_ = nextArrival();
  }
  arm();
}

Duration OpenLoop::nextArrival() {
  if (plan_.script == nullptr) return source_.next(chance_);
  const auto& requests = plan_.script->requests;
  return counters_.started < requests.size() ? requests[counters_.started].at : ArrivalSource::kNever;
}

const ScriptedRequest* OpenLoop::scripted(const Outcome& outcome) const {
  return plan_.script != nullptr ? &plan_.script->of(outcome.id) : nullptr;
}

std::uint32_t OpenLoop::chooseAsk() {
  if (plan_.mix.size() == 1) return 0;
  std::uint64_t mark = chance_.below(weights_);
  std::uint32_t row = 0;
  while (mark >= plan_.mix[row].weight) mark -= plan_.mix[row++].weight;
  return row;
}

void OpenLoop::start(MonoTime intended) {
  count(intended);
  ++counters_.started;
  Outcome outcome{.id = ++last_id_, .intended = intended};
  if (const ScriptedRequest* request = scripted(outcome)) {
    outcome.ask = request->ask;
    outcome.sent_bytes = request->bytes;
  } else {
    outcome.ask = chooseAsk();
    outcome.sent_bytes = static_cast<std::uint64_t>(plan_.mix[outcome.ask].body.sample(chance_));
    if (const auto& answer = plan_.mix[outcome.ask].answer)
      outcome.wanted_bytes = static_cast<std::uint64_t>(answer->sample(chance_));
  }
  assign(outcome, false);
}

void OpenLoop::assign(const Outcome& outcome, bool fresh) {
  Conn* conn = nullptr;
  if (!fresh && !idle_.empty()) {
    conn = idle_.back();
    idle_.pop_back();
  } else if (connections_.size() >= plan_.connections_max) {
    Outcome failed = outcome;
    failed.result = Outcome::Result::Exhausted;
    done(failed);
    return;
  } else {
    connections_.push_back(std::make_unique<Conn>(*this, env_.network.connect(to_)));
    conn = connections_.back().get();
    conn->slot = connections_.size() - 1;
    ++counters_.connections_opened;
  }
  conn->ask(outcome);
  enlist(*conn);
  if (patience_armed_) return;
  patience_armed_ = true;
  patience_timer_->arm(oldest_->outcome().intended + plan_.patience - env_.clock.now());
}

void OpenLoop::sendAgain(Conn& conn) {
  strike(conn);
  const Outcome outcome = conn.outcome();
  remove(conn);
  assign(outcome, true);
}

void OpenLoop::enlist(Conn& conn) {
  Conn* before = youngest_;
  while (before != nullptr && before->outcome().intended > conn.outcome().intended) before = before->older;
  conn.older = before;
  conn.younger = before != nullptr ? before->younger : oldest_;
  (conn.older != nullptr ? conn.older->younger : oldest_) = &conn;
  (conn.younger != nullptr ? conn.younger->older : youngest_) = &conn;
}

void OpenLoop::strike(Conn& conn) {
  (conn.older != nullptr ? conn.older->younger : oldest_) = conn.younger;
  (conn.younger != nullptr ? conn.younger->older : youngest_) = conn.older;
}

void OpenLoop::release(Conn& conn, bool reuse) {
  strike(conn);
  const Outcome outcome = conn.outcome();
  if (reuse && plan_.keep_alive) {
    idle_.push_back(&conn);
  } else {
    remove(conn);
  }
  done(outcome);
}

// It may stand in its own event: the turn's end destroys it.
void OpenLoop::remove(Conn& conn) {
  conn.close();
  std::erase(idle_, &conn);
  const std::size_t slot = conn.slot;
  std::swap(connections_[slot], connections_.back());
  connections_[slot]->slot = slot;
  env_.loop.retire(std::move(connections_.back()));
  connections_.pop_back();
}

void OpenLoop::done(Outcome outcome) {
  outcome.end = env_.clock.precise();
  count(outcome.end);
  ++counters_.done;
  counters_.latency_sum_ns += static_cast<std::uint64_t>(outcome.latency().count());
  observer_.onDone(outcome);
}

void OpenLoop::onPatience() {
  patience_armed_ = false;
  const MonoTime now = env_.clock.now();
  while (oldest_ != nullptr && oldest_->outcome().intended + plan_.patience <= now) oldest_->giveUp();
  if (oldest_ == nullptr) return;
  patience_armed_ = true;
  patience_timer_->arm(oldest_->outcome().intended + plan_.patience - now);
}

// A request begins at its intended time, which the loop may be a little late for: what was counted without it is added.
void OpenLoop::count(MonoTime at) {
  if (at >= counted_at_) {
    counters_.inflight_ns += inflight() * static_cast<std::uint64_t>((at - counted_at_).count());
    counted_at_ = at;
  } else {
    counters_.inflight_ns += static_cast<std::uint64_t>((counted_at_ - at).count());
  }
}

}  // namespace sim::model
