// The event loop of one thread, on an own libevent base.
//
// A turn: wait for readiness (libevent calls the streams and listeners), pending wakes, due timers, the tasks that were
// posted before this point, retired objects. Tasks and wakes that come up while their kind is being run belong to the
// next turn, which then does not wait; so no callback can starve the others.
//
// Timers are kept here and not in libevent, whose coarse clock would fire them early; a timerfd wakes the loop for the
// earliest. It is set only when a deadline comes before the one it is set for, so timers that move later cost no call.
//
// With `busy_poll` it goes on looking for that long after the last event before it sleeps: a processor that sleeps
// takes its time to wake, tens of microseconds in a virtual machine.
#pragma once

#include <event2/event.h>

#include <atomic>
#include <mutex>
#include <optional>
#include <vector>

#include "lb/env/loop.h"
#include "lb/os/os_clock.h"
#include "lb/os/quiet_reads.h"
#include "lb/os/timer_queue.h"
#include "lb/os/unique_fd.h"
#include "lb/os/wakeable.h"

namespace lb::os {

class OsLoop final : public Loop {
 public:
  explicit OsLoop(OsClock& clock, Duration busy_poll = {});
  ~OsLoop() override;  // posted tasks that have not run are dropped; every timer and stream must be gone before
  OsLoop(const OsLoop&) = delete;
  OsLoop& operator=(const OsLoop&) = delete;

  [[nodiscard]] std::unique_ptr<Timer> makeTimer(std::move_only_function<void()> on_fire) override;
  void post(std::move_only_function<void()> task) override;
  void retire(std::unique_ptr<Disposable> object) override;

  void run();   // turns until stop()
  void stop();  // the turn that calls it is the last; before run() it makes that return at once
  void turn();  // one turn; waits if there is nothing to do

  // The only member that other threads may call. FIFO per caller.
  void postFromOutside(std::move_only_function<void()> task);

  // For measurement; may be read by other threads.
  [[nodiscard]] std::uint64_t busyNanoseconds() const { return busy_.load(std::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t turns() const { return turns_.load(std::memory_order_relaxed); }
  // The longest turn since the last call, a bound of what a ready event had to wait. On the loop's own thread only.
  [[nodiscard]] Duration takeLongestTurn() { return std::exchange(longest_turn_, Duration::zero()); }

  // For the other classes of lb/os.
  [[nodiscard]] event_base* base() const { return base_.get(); }
  void wake(Wakeable& item);
  [[nodiscard]] QuietReads& quietReads() { return quiet_reads_; }
  void enterCallback() { static_cast<void>(clock_.now()); }  // the turn's work begins with its first callback

 private:
  struct BaseDeleter {
    void operator()(event_base* base) const { event_base_free(base); }
  };
  struct EventDeleter {
    void operator()(event* watch) const { event_free(watch); }
  };
  using EventPtr = std::unique_ptr<event, EventDeleter>;

  EventPtr watch(int fd, event_callback_fn callback);
  bool mustNotWait();
  void takeInbox();
  void runWakes();
  void runTimers();
  void runPosted();
  void destroyRetired();
  void measureTurn();

  OsClock& clock_;
  const Duration busy_poll_;
  std::unique_ptr<event_base, BaseDeleter> base_;
  UniqueFd alarm_fd_;
  UniqueFd inbox_fd_;
  EventPtr alarm_event_;
  EventPtr inbox_event_;
  TimerQueue timers_;
  std::optional<MonoTime> alarm_;  // what the timerfd is set for
  QuietReads quiet_reads_;
  LinkList<Wakeable> wakes_;
  std::vector<std::move_only_function<void()>> posted_;
  std::vector<std::move_only_function<void()>> running_;
  std::vector<std::unique_ptr<Disposable>> retired_;
  std::vector<std::unique_ptr<Disposable>> dying_;
  bool stopping_ = false;
  std::mutex inbox_mutex_;
  std::vector<std::move_only_function<void()>> inbox_;
  std::atomic<std::uint64_t> busy_ = 0;
  std::atomic<std::uint64_t> turns_ = 0;
  Duration longest_turn_{};
  MonoTime awake_until_{};  // busy_poll_ after the last turn in which there was something to do
};

}  // namespace lb::os
