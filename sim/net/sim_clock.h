// Time as one loop reads it. precise() moves within a turn by what the turn's callbacks are charged.
#pragma once

#include "lb/env/clock.h"
#include "sim/net/sim_loop.h"

namespace sim::net {

class SimClock final : public lb::Clock {
 public:
  explicit SimClock(const SimLoop& loop) : loop_(loop) {}
  [[nodiscard]] lb::MonoTime now() const override { return loop_.turnTime(); }
  [[nodiscard]] lb::MonoTime precise() const override { return loop_.localTime(); }
  [[nodiscard]] lb::WallTime wall() const override { return loop_.world().wall(loop_.localTime()); }

 private:
  const SimLoop& loop_;
};

}  // namespace sim::net
