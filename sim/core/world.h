// Virtual time and everything that is going to happen in it, on one thread.
//
// Events are ordered by (time, tie, sequence). Ties are drawn: what happens at the same moment happens in an order that
// the seed decides, because nobody promises one. Time jumps from event to event; it never passes by itself.
//
// An Event belongs to whoever waits for it, so planning one allocates nothing. What happens once and belongs to nobody
// is a task.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "lb/env/clock.h"
#include "sim/core/agenda.h"
#include "sim/core/chance.h"
#include "sim/core/digest.h"

namespace sim {

class Trace;

using lb::Duration;
using lb::MonoTime;
using lb::WallTime;

class Event : public Planned {
 public:
  virtual void happen() = 0;  // may destroy the event

 protected:
  ~Event() = default;
};

class World {
 public:
  using Task = std::move_only_function<void()>;
  static constexpr Duration kStart = std::chrono::hours(1);                    // zero means "never" in places
  static constexpr Duration kWallStart = std::chrono::seconds(1'767'225'600);  // 1 January 2026, UTC

  explicit World(std::uint64_t seed);
  ~World();
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  [[nodiscard]] MonoTime now() const { return now_; }
  [[nodiscard]] WallTime wall(MonoTime at) const { return {kWallStart + wall_shift_ + (at.since_start - kStart)}; }
  void jumpWall(Duration by);  // in either direction

  void plan(Event& event, MonoTime time);  // instead of when it was planned for; REQUIRES: not in the past
  void at(MonoTime time, Task task);       // REQUIRES: not in the past
  void after(Duration delay, Task task) { at(now_ + delay, std::move(task)); }
  // Decides within a moment: a drawn tie, and a sequence so that no two are the same.
  [[nodiscard]] std::uint64_t drawOrder() {
    return (schedule_.next() & ~((std::uint64_t{1} << kSequenceBits) - 1)) | ++sequence_;
  }

  bool step();  // one event; false: nothing will ever happen again
  // Until `done`, which is asked after each event. False: it did not come to pass within the limit of virtual time.
  bool runUntil(const std::function<bool()>& done, Duration limit);
  void runFor(Duration time);
  void runUntilIdle();  // REQUIRES: nothing that repeats for ever

  [[nodiscard]] std::uint64_t nextTie() { return schedule_.next(); }  // to compare how many have been drawn
  [[nodiscard]] const Chance& chance() const { return chance_; }
  [[nodiscard]] Digest& digest() { return digest_; }
  // Null: nobody wants to know. REQUIRES: set before anything lives in this world; it outlives what does.
  void setTrace(Trace* trace) { trace_ = trace; }
  [[nodiscard]] Trace* trace() const { return trace_; }
  [[nodiscard]] std::uint64_t events() const { return events_; }
  [[nodiscard]] std::uint64_t nextId() { return ++last_id_; }  // names for what takes part, in the order of creation

 private:
  class OneShot;
  static constexpr int kSequenceBits = 40;

  Chance chance_;
  Prng schedule_;
  Digest digest_;
  Trace* trace_ = nullptr;
  MonoTime now_{kStart};
  Duration wall_shift_{};
  Agenda agenda_;
  std::vector<std::unique_ptr<OneShot>> tasks_;
  std::vector<OneShot*> spare_tasks_;  // that have happened
  std::uint64_t sequence_ = 0;
  std::uint64_t events_ = 0;
  std::uint64_t last_id_ = 0;
};

}  // namespace sim
