// See world.h.
#include "sim/core/world.h"

#include <utility>

#include "lb/base/check.h"

namespace sim {

// A task on the agenda; used again for later ones.
class World::OneShot final : public Event {
 public:
  explicit OneShot(World& world) : world_(world) {}
  void set(Task task) { task_ = std::move(task); }
  void happen() override {
    Task task = std::exchange(task_, nullptr);
    world_.spare_tasks_.push_back(this);
    task();
  }

 private:
  World& world_;
  Task task_;
};

World::World(std::uint64_t seed) : chance_(seed), schedule_(chance_.stream("schedule")) {}

World::~World() = default;

void World::jumpWall(Duration by) {
  wall_shift_ += by;
  digest_.note(now_, Kind::Wall, 0, static_cast<std::uint64_t>(by.count()));
}

void World::plan(Event& event, MonoTime time) {
  LB_CHECK(time >= now_);
  agenda_.put(event, {time, drawOrder()});
}

void World::at(MonoTime time, Task task) {
  if (spare_tasks_.empty()) {
    tasks_.push_back(std::make_unique<OneShot>(*this));
    spare_tasks_.push_back(tasks_.back().get());
  }
  OneShot& shot = *spare_tasks_.back();
  spare_tasks_.pop_back();
  shot.set(std::move(task));
  plan(shot, time);
}

bool World::step() {
  if (agenda_.empty()) return false;
  now_ = agenda_.first().time;
  ++events_;
  static_cast<Event&>(agenda_.takeFirst()).happen();
  return true;
}

bool World::runUntil(const std::function<bool()>& done, Duration limit) {
  const MonoTime end = now_ + limit;
  while (!done()) {
    if (agenda_.empty() || agenda_.first().time > end) {
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
