// The machine's clocks. One per loop: now() is read once a turn, at its first use, and OsLoop ends the turn.
// Not for use by several threads.
#pragma once

#include "lb/env/clock.h"

namespace lb::os {

class OsClock final : public Clock {
 public:
  [[nodiscard]] MonoTime now() const override;
  [[nodiscard]] MonoTime precise() const override;
  [[nodiscard]] WallTime wall() const override;

  void endTurn() { read_ = false; }
  [[nodiscard]] bool wasReadInThisTurn() const { return read_; }

 private:
  mutable MonoTime now_;
  mutable bool read_ = false;
};

}  // namespace lb::os
