// See station.h.
#include "sim/model/station.h"

#include <algorithm>
#include <cmath>
#include <tuple>

#include "lb/base/check.h"

namespace sim::model {
namespace {

constexpr double kNearlyDone = 0.5;  // nanoseconds of work: less than a timer can tell

}  // namespace

Station::Station(lb::Loop& loop, const lb::Clock& clock, StationPlan plan, Prng chance)
    : clock_(clock), plan_(std::move(plan)), chance_(chance), now_(clock.now()) {
  LB_CHECK(plan_.service.problem().empty() && plan_.slots > 0);
  timer_ = loop.makeTimer([this] { onTimer(); });
}

Station::~Station() = default;

bool Station::later(const Entry& a, const Entry& b) {
  return std::tie(a.mark, a.sequence) > std::tie(b.mark, b.sequence);
}

std::size_t Station::inService() const {
  return std::min<std::size_t>(running_.size(), plan_.slots);
}

double Station::speed() const {
  if (running_.empty() || paused_) return 0;
  return static_cast<double>(inService()) / static_cast<double>(running_.size()) / slowdown_;
}

void Station::advance() {
  const MonoTime now = clock_.now();
  const auto passed = static_cast<std::uint64_t>((now - now_).count());
  counters_.inside_ns += inside() * passed;
  counters_.busy_ns += inService() * passed;
  work_ += static_cast<double>(passed) * speed();
  now_ = now;
}

const Station::Counters& Station::counters() {
  advance();
  return counters_;
}

bool Station::offer(Job& job, std::optional<Duration> given) {
  advance();
  if (inside() >= std::size_t{plan_.slots} + plan_.queue_max) {
    ++counters_.refused;
    return false;
  }
  ++counters_.arrivals;
  if (inside() == 0) work_ = 0;  // so that it stays precise
  const auto work = static_cast<double>(given ? given->count() : plan_.service.sample(chance_));
  job.ticket_ = ++sequence_;
  Entry entry{.work = work, .sequence = job.ticket_, .arrival = now_, .job = &job};
  if (plan_.discipline == Discipline::Sharing || running_.size() < plan_.slots) {
    run(entry, work_);
  } else {
    waiting_.push_back(entry);
  }
  arm();
  return true;
}

void Station::run(Entry entry, double from) {
  entry.mark = from + entry.work;
  running_.push_back(entry);
  std::ranges::push_heap(running_, later);
}

void Station::promote(double from) {
  while (!waiting_.empty() && running_.size() < plan_.slots) {
    run(waiting_.front(), from);
    waiting_.pop_front();
  }
}

void Station::leave(const Entry& entry) {
  counters_.sojourn_sum_ns += static_cast<std::uint64_t>((now_ - entry.arrival).count());
}

void Station::arm() {
  const double rate = speed();
  if (rate <= 0) {
    timer_->disarm();
    return;
  }
  constexpr double kLongest = 1e17;
  const double wait = std::min(std::ceil((running_.front().mark - work_) / rate), kLongest);
  timer_->arm(Duration(static_cast<Duration::rep>(std::max(wait, 1.0))));
}

// Who follows in a slot begins where its forerunner ended, not where the loop's turn noticed it: lateness must not add
// up to a slower server.
void Station::onTimer() {
  advance();
  std::vector<Entry> done;
  while (!running_.empty() && running_.front().mark <= work_ + kNearlyDone) {
    std::ranges::pop_heap(running_, later);
    done.push_back(running_.back());
    running_.pop_back();
    ++counters_.served;
    leave(done.back());
    promote(done.back().mark);
  }
  arm();
  for (const Entry& entry : done) {
    if (entry.job != nullptr) entry.job->onServed();
  }
}

void Station::withdraw(const Job& job) {
  advance();
  const auto gone = [&](auto& entries, auto found) {
    if (found == entries.end()) return false;
    ++counters_.withdrawn;
    leave(*found);
    entries.erase(found);
    return true;
  };
  if (gone(running_, std::ranges::find(running_, &job, &Entry::job))) {
    std::ranges::make_heap(running_, later);
    promote(work_);
  } else {
    static_cast<void>(gone(waiting_, waitingPlace(job)));
  }
  arm();
}

// Queues of an overloaded service are long, and all who stand in them lose patience.
std::deque<Station::Entry>::iterator Station::waitingPlace(const Job& job) {
  const auto found = std::ranges::lower_bound(waiting_, job.ticket_, {}, &Entry::sequence);
  return found != waiting_.end() && found->job == &job ? found : waiting_.end();
}

void Station::forget(const Job& job) {
  const auto running = std::ranges::find(running_, &job, &Entry::job);
  if (running != running_.end()) running->job = nullptr;
  const auto waiting = waitingPlace(job);
  if (waiting != waiting_.end()) waiting->job = nullptr;
}

void Station::clear() {
  advance();
  counters_.withdrawn += inside();
  for (const Entry& entry : running_) leave(entry);
  for (const Entry& entry : waiting_) leave(entry);
  running_.clear();
  waiting_.clear();
  arm();
}

void Station::setSlowdown(double factor) {
  LB_CHECK(factor > 0);
  advance();
  slowdown_ = factor;
  arm();
}

void Station::pause(bool paused) {
  advance();
  paused_ = paused;
  arm();
}

}  // namespace sim::model
