// One event loop of the simulated world: a process's thread, as far as anybody can tell.
//
// A turn happens when something is due, and takes the virtual time that its callbacks are charged; the next one begins
// no earlier than that. Several loops live on one real thread; the world decides whose turn it is.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "lb/env/loop.h"
#include "sim/core/world.h"

namespace sim::net {

class SimLoop;

// Something that is told within a turn that it is ready. At most one announcement is pending.
class IoItem {
 public:
  IoItem() = default;
  IoItem(const IoItem&) = delete;
  IoItem& operator=(const IoItem&) = delete;
  virtual void onIo() = 0;

 protected:
  ~IoItem();

 private:
  friend class SimLoop;
  SimLoop* loop_ = nullptr;  // null: nothing is pending
  std::size_t slot_ = 0;
  bool current_ = false;  // in the list that this turn works on
};

class SimTimer;

class SimLoop final : public lb::Loop, private Event {
 public:
  static constexpr Duration kCallbackCost = std::chrono::microseconds(2);

  explicit SimLoop(World& world) : world_(world), id_(world.nextId()) {}
  ~SimLoop() override;
  SimLoop(const SimLoop&) = delete;
  SimLoop& operator=(const SimLoop&) = delete;

  [[nodiscard]] std::unique_ptr<lb::Timer> makeTimer(std::move_only_function<void()> on_fire) override;
  void post(std::move_only_function<void()> task) override;
  void retire(std::unique_ptr<lb::Disposable> object) override;

  // What a callback costs, one nanosecond at least: or a loop that never comes to rest would stop time.
  void setCallbackCost(Duration cost);
  void work(Duration time) { charge(time); }  // as a long computation would
  // Frozen as by a debugger or SIGSTOP: no turn begins before this time has passed, or before it is resumed.
  void pauseFor(Duration time);
  void pause() { paused_ = true; }
  void resume();
  void kill() { dead_ = true; }  // no turn ever begins again

  [[nodiscard]] MonoTime turnTime() const;   // constant within a turn
  [[nodiscard]] MonoTime localTime() const;  // with what the turn has cost so far
  [[nodiscard]] std::uint64_t turns() const { return turns_; }
  [[nodiscard]] std::uint64_t timersArmed() const { return timers_.size(); }
  [[nodiscard]] Duration busy() const { return busy_; }
  [[nodiscard]] World& world() const { return world_; }
  [[nodiscard]] std::uint64_t id() const { return id_; }

  // What was retired outside of a turn, now rather than in the next one; for the end of a world.
  void destroyRetired();

  // For the other classes of sim/net.
  void announce(IoItem& item);
  void withdraw(IoItem& item);

 private:
  friend class SimTimer;
  struct Ready {
    std::uint64_t order;
    IoItem* item;  // null: withdrawn
  };

  void happen() override;  // the time of a turn has come
  void charge(Duration time);
  void wakeAt(MonoTime time);
  void turn();
  void runReady();
  void runTimers();
  void runPosted();
  void plan();

  World& world_;
  std::uint64_t id_;
  Duration callback_cost_ = kCallbackCost;
  std::vector<Ready> ready_;
  std::vector<Ready> running_ready_;
  Agenda timers_;
  std::vector<std::move_only_function<void()>> posted_;
  std::vector<std::move_only_function<void()>> running_posted_;
  std::vector<std::unique_ptr<lb::Disposable>> retired_;
  std::vector<std::unique_ptr<lb::Disposable>> dying_;
  MonoTime turn_start_{};
  MonoTime free_at_{};  // when the last turn's work is over
  bool in_turn_ = false;
  bool paused_ = false;
  bool dead_ = false;
  std::uint64_t turns_ = 0;
  Duration busy_{};
};

class SimTimer final : public lb::Timer, private Planned {
 public:
  SimTimer(SimLoop& loop, std::move_only_function<void()> on_fire) : loop_(loop), on_fire_(std::move(on_fire)) {}
  void arm(Duration delay) override;
  void disarm() override { callOff(); }

 private:
  friend class SimLoop;
  SimLoop& loop_;
  std::move_only_function<void()> on_fire_;
};

}  // namespace sim::net
