// When and where something was wrong with the world: the excuses that the proxy has.
#pragma once

#include <initializer_list>
#include <vector>

#include "sim/core/world.h"
#include "sim/plan/scenario.h"

namespace sim::check {

class Troubles {
 public:
  static constexpr MonoTime kForEver{Duration::max()};

  void begin(plan::FaultKind kind, int who, MonoTime at) { list_.push_back({kind, who, at, kForEver}); }
  void end(plan::FaultKind kind, int who, MonoTime at);  // of loss, what it leaves behind goes on for a while
  void endAll(MonoTime at);

  // Was one of them there at any moment from `from` to `to`?
  [[nodiscard]] bool any(std::initializer_list<plan::FaultKind> kinds, int who, MonoTime from, MonoTime to) const;
  // The end of what was on then without a break, one after the other; that moment if nothing was, and kForEver if it
  // still is. A break is long enough for a turn of whoever stands still.
  [[nodiscard]] MonoTime endOf(plan::FaultKind kind, int who, MonoTime from) const;
  [[nodiscard]] bool ever(plan::FaultKind kind) const;
  // Was anything wrong, wherever, since then?
  [[nodiscard]] bool anySince(MonoTime from) const;

 private:
  struct Trouble {
    plan::FaultKind kind;
    int who;
    MonoTime from;
    MonoTime to;
  };
  std::vector<Trouble> list_;
};

}  // namespace sim::check
