// See sim_loop.h.
#include "sim/net/sim_loop.h"

#include <algorithm>
#include <utility>

#include "lb/base/check.h"

namespace sim::net {

IoItem::~IoItem() {
  if (loop_ != nullptr) loop_->withdraw(*this);
}

SimLoop::~SimLoop() {
  while (!retired_.empty() || !posted_.empty()) {  // destructors may still post and retire
    destroyRetired();
    std::exchange(posted_, {}).clear();
  }
  LB_CHECK(timers_.empty());
}

std::unique_ptr<lb::Timer> SimLoop::makeTimer(std::move_only_function<void()> on_fire) {
  return std::make_unique<SimTimer>(*this, std::move(on_fire));
}

void SimLoop::post(std::move_only_function<void()> task) {
  posted_.push_back(std::move(task));
  wakeAt(world_.now());
}

void SimLoop::retire(std::unique_ptr<lb::Disposable> object) {
  if (object == nullptr) return;
  retired_.push_back(std::move(object));
  wakeAt(world_.now());
}

void SimLoop::setCallbackCost(Duration cost) {
  LB_CHECK(cost > Duration::zero());
  callback_cost_ = cost;
}

void SimLoop::pauseFor(Duration time) {
  free_at_ = std::max(localTime(), world_.now() + time);  // pauses that overlap do not add up
}

void SimLoop::resume() {
  paused_ = false;
  if (!in_turn_) plan();
}

MonoTime SimLoop::turnTime() const {
  return in_turn_ ? turn_start_ : localTime();
}

MonoTime SimLoop::localTime() const {
  return std::max(free_at_, world_.now());
}

void SimLoop::charge(Duration time) {
  free_at_ = localTime() + time;
  busy_ += time;
}

void SimLoop::announce(IoItem& item) {
  if (item.loop_ != nullptr) return;
  item.loop_ = this;
  item.current_ = false;
  item.slot_ = ready_.size();
  ready_.push_back({world_.drawOrder(), &item});
  wakeAt(world_.now());
}

void SimLoop::withdraw(IoItem& item) {
  if (item.loop_ == nullptr) return;
  (item.current_ ? running_ready_ : ready_)[item.slot_].item = nullptr;
  item.loop_ = nullptr;
}

// Within a turn nothing is planned: its end looks at everything.
void SimLoop::wakeAt(MonoTime time) {
  if (in_turn_) return;
  time = std::max(time, localTime());
  if (planned() && due().time <= time) return;
  world_.plan(*this, time);
}

void SimLoop::happen() {
  if (paused_ || dead_) return;
  if (free_at_ > world_.now()) {
    plan();  // busy for longer than was known when this was planned
  } else {
    turn();
  }
}

void SimLoop::plan() {
  if (!ready_.empty() || !posted_.empty() || !retired_.empty()) {
    wakeAt(world_.now());
  } else if (!timers_.empty()) {
    wakeAt(timers_.first().time);
  }
}

void SimLoop::turn() {
  in_turn_ = true;
  turn_start_ = world_.now();
  free_at_ = turn_start_;
  ++turns_;
  world_.digest().note(turn_start_, Kind::Turn, id_, ready_.size());
  charge(Duration(1));  // time passes even in a turn that finds nothing to do
  runReady();
  runTimers();
  runPosted();
  destroyRetired();
  in_turn_ = false;
  plan();
}

void SimLoop::runReady() {
  std::swap(ready_, running_ready_);
  std::erase_if(running_ready_, [](const Ready& one) { return one.item == nullptr; });
  std::ranges::sort(running_ready_, {}, &Ready::order);
  for (std::size_t i = 0; i < running_ready_.size(); ++i) {
    running_ready_[i].item->slot_ = i;
    running_ready_[i].item->current_ = true;
  }
  for (std::size_t i = 0; i < running_ready_.size(); ++i) {
    IoItem* item = running_ready_[i].item;
    if (item == nullptr) continue;
    item->loop_ = nullptr;
    charge(callback_cost_);
    item->onIo();
  }
  running_ready_.clear();
}

// A timer cannot become due in the turn that arms it (see SimTimer::arm), so this ends.
void SimLoop::runTimers() {
  while (!timers_.empty() && timers_.first().time <= turn_start_) {
    auto& timer = static_cast<SimTimer&>(timers_.takeFirst());
    world_.digest().note(turn_start_, Kind::Timer, id_);
    charge(callback_cost_);
    timer.on_fire_();
  }
}

void SimLoop::runPosted() {
  std::swap(posted_, running_posted_);
  for (auto& task : running_posted_) {
    world_.digest().note(turn_start_, Kind::Task, id_);
    charge(callback_cost_);
    task();
  }
  running_posted_.clear();
}

void SimLoop::destroyRetired() {
  while (!retired_.empty()) {
    std::swap(retired_, dying_);
    dying_.clear();
  }
}

// now() stands still within a turn: one nanosecond more than it is in a later turn for certain.
void SimTimer::arm(Duration delay) {
  const MonoTime now = loop_.turnTime();
  const Duration room = Duration::max() - now.since_start;
  const MonoTime time = now + std::clamp(delay, Duration(1), room);
  loop_.timers_.put(*this, {time, loop_.world_.drawOrder()});
  loop_.wakeAt(time);
}

}  // namespace sim::net
