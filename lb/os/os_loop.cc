// libevent is used for readiness only; phases, timers and tasks are ours (see os_loop.h).
#include "lb/os/os_loop.h"

#include <sys/eventfd.h>
#include <sys/timerfd.h>

#include <algorithm>
#include <utility>

#include "lb/base/check.h"
#include "lb/os/os_timer.h"

namespace lb::os {
namespace {

event_base* newBase() {
  event_config* config = event_config_new();
  LB_CHECK(config != nullptr);
  event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK);
  event_config_set_flag(config, EVENT_BASE_FLAG_IGNORE_ENV);
  event_config_require_features(config, EV_FEATURE_ET | EV_FEATURE_O1 | EV_FEATURE_EARLY_CLOSE);
  event_base* base = event_base_new_with_config(config);
  event_config_free(config);
  LB_CHECK(base != nullptr);
  return base;
}

}  // namespace

OsLoop::OsLoop(OsClock& clock, Duration busy_poll)
    : clock_(clock),
      busy_poll_(busy_poll),
      base_(newBase()),
      alarm_fd_(timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC)),
      inbox_fd_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)),
      quiet_reads_(*this) {
  alarm_event_ =
      watch(alarm_fd_.get(), [](evutil_socket_t, short, void* self) { static_cast<OsLoop*>(self)->alarm_.reset(); });
  inbox_event_ =
      watch(inbox_fd_.get(), [](evutil_socket_t, short, void* self) { static_cast<OsLoop*>(self)->takeInbox(); });
}

OsLoop::~OsLoop() {
  // Destructors of tasks and objects may still post and retire.
  while (!retired_.empty() || !posted_.empty() || !inbox_.empty()) {
    destroyRetired();
    std::exchange(posted_, {}).clear();
    std::exchange(inbox_, {}).clear();
  }
}

// Edge-triggered, so that the descriptor never has to be read: every setting or writing of it is a new edge.
OsLoop::EventPtr OsLoop::watch(int fd, event_callback_fn callback) {
  LB_CHECK(fd >= 0);
  EventPtr watched(event_new(base_.get(), fd, EV_READ | EV_PERSIST | EV_ET, callback, this));
  LB_CHECK(watched != nullptr && event_add(watched.get(), nullptr) == 0);
  return watched;
}

std::unique_ptr<Timer> OsLoop::makeTimer(std::move_only_function<void()> on_fire) {
  return std::make_unique<OsTimer>(clock_, timers_, std::move(on_fire));
}

void OsLoop::post(std::move_only_function<void()> task) {
  posted_.push_back(std::move(task));
}

void OsLoop::retire(std::unique_ptr<Disposable> object) {
  if (object != nullptr) retired_.push_back(std::move(object));
}

void OsLoop::wake(Wakeable& item) {
  if (!item.linked()) wakes_.pushBack(item);
}

void OsLoop::run() {
  while (!stopping_) turn();
  stopping_ = false;
}

void OsLoop::stop() {
  stopping_ = true;
}

void OsLoop::turn() {
  const bool poll_only = mustNotWait();
  clock_.endTurn();  // what was read while setting up or between turns is stale now
  // EVLOOP_ONCE in both cases: EVLOOP_NONBLOCK alone goes on polling for as long as there is something ready, and
  // timers, tasks and retired objects would wait until the traffic stops.
  LB_CHECK(event_base_loop(base_.get(), poll_only ? EVLOOP_ONCE | EVLOOP_NONBLOCK : EVLOOP_ONCE) == 0);
  runWakes();
  runTimers();
  runPosted();
  destroyRetired();
  measureTurn();
  clock_.endTurn();
}

void OsLoop::postFromOutside(std::move_only_function<void()> task) {
  bool first = false;
  {
    const std::lock_guard lock(inbox_mutex_);
    first = inbox_.empty();
    inbox_.push_back(std::move(task));
  }
  if (first) LB_CHECK(eventfd_write(inbox_fd_.get(), 1) == 0);
}

// Also sets the alarm for the earliest timer, if nothing else wakes the loop before.
bool OsLoop::mustNotWait() {
  if (stopping_ || !wakes_.empty() || !posted_.empty() || !retired_.empty()) return true;
  if (busy_poll_ > Duration::zero() && clock_.precise() < awake_until_) return true;
  if (timers_.empty()) return false;
  const MonoTime earliest = timers_.earliest();
  if (alarm_ && *alarm_ <= earliest) return false;
  if (earliest <= clock_.precise()) return true;
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(earliest.since_start);
  itimerspec setting{};
  setting.it_value.tv_sec = seconds.count();
  setting.it_value.tv_nsec = (earliest.since_start - seconds).count();
  LB_CHECK(timerfd_settime(alarm_fd_.get(), TFD_TIMER_ABSTIME, &setting, nullptr) == 0);
  alarm_ = earliest;
  return false;
}

void OsLoop::takeInbox() {
  enterCallback();
  const std::lock_guard lock(inbox_mutex_);
  std::ranges::move(inbox_, std::back_inserter(posted_));
  inbox_.clear();
}

void OsLoop::runWakes() {
  LinkList<Wakeable> due;
  due.takeAll(wakes_);
  if (!due.empty()) enterCallback();
  while (!due.empty()) due.popFront().onWake();
}

// A turn without anything to do leaves the clock alone, or it would count as work.
void OsLoop::runTimers() {
  if (!clock_.wasReadInThisTurn() && (timers_.empty() || clock_.precise() < timers_.earliest())) return;
  while (!timers_.empty() && timers_.earliest() <= clock_.now()) timers_.popEarliest().fire();
}

void OsLoop::runPosted() {
  if (posted_.empty()) return;
  enterCallback();
  std::swap(posted_, running_);
  for (auto& task : running_) task();
  running_.clear();
}

void OsLoop::destroyRetired() {
  while (!retired_.empty()) {
    std::swap(retired_, dying_);
    dying_.clear();
  }
}

void OsLoop::measureTurn() {
  turns_.store(turns_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);  // one writer
  if (!clock_.wasReadInThisTurn()) return;
  const MonoTime end = clock_.precise();
  const Duration worked = end - clock_.now();
  awake_until_ = end + busy_poll_;
  longest_turn_ = std::max(longest_turn_, worked);
  busy_.store(busy_.load(std::memory_order_relaxed) + static_cast<std::uint64_t>(worked.count()),
              std::memory_order_relaxed);
}

}  // namespace lb::os
