// See world.h.
#include "sim/core/world.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "lb/base/check.h"

namespace sim {

bool World::later(const Event& a, const Event& b) {
  return std::tie(a.time, a.tie, a.sequence) > std::tie(b.time, b.tie, b.sequence);
}

void World::jumpWall(Duration by) {
  wall_shift_ += by;
  digest_.note(now_, Kind::Wall, 0, static_cast<std::uint64_t>(by.count()));
}

void World::at(MonoTime time, Task task) {
  LB_CHECK(time >= now_);
  queue_.push_back({time, drawTie(), ++sequence_, std::move(task)});
  std::ranges::push_heap(queue_, later);
}

bool World::step() {
  if (queue_.empty()) return false;
  std::ranges::pop_heap(queue_, later);
  Event event = std::move(queue_.back());
  queue_.pop_back();
  LB_CHECK(event.time >= now_);
  now_ = event.time;
  ++events_;
  event.task();
  return true;
}

bool World::runUntil(const std::function<bool()>& done, Duration limit) {
  const MonoTime end = now_ + limit;
  while (!done()) {
    if (queue_.empty() || queue_.front().time > end) {
      now_ = end;
      return false;
    }
    step();
  }
  return true;
}

void World::runFor(Duration time) {
  static_cast<void>(runUntil([] { return false; }, time));
}

void World::runUntilIdle() {
  while (step()) continue;
}

}  // namespace sim
