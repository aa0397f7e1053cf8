// The requests of one service that wait, on one worker, for a backend with room: first come, first served.
//
// How many wait on all workers together is bounded. One freed slot serves one of them: a worker whose request has ended
// looks at once; a slot that another worker has freed is found by a look each kLook, as is a backend that has come or
// recovered. So nobody has to tell another worker anything.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>

#include "lb/env/clock.h"
#include "lb/env/loop.h"

namespace lb::back {

class Backend;
class WaitQueue;

class Waiter {
 public:
  virtual Backend* findSlot() = 0;  // with a place reserved; null: there is none for it
  // It has found one, and has left the queue.
  virtual void onSlot(Backend& backend) = 0;
  enum class NoSlot : std::uint8_t { Timeout, NoBackend };
  virtual void onNoSlot(NoSlot why) = 0;

 protected:
  ~Waiter() = default;

 private:
  friend class WaitQueue;
  Waiter* before_ = nullptr;
  Waiter* behind_ = nullptr;
  MonoTime due_{};
  bool waiting_ = false;
};

class WaitQueue {
 public:
  static constexpr Duration kLook = std::chrono::milliseconds(1);

  // `any` tells whether there is a backend at all.
  WaitQueue(Loop& loop, const Clock& clock, std::atomic<std::uint32_t>& all_workers, std::function<bool()> any);

  [[nodiscard]] bool empty() const { return first_ == nullptr; }
  // False: as many wait as may.
  [[nodiscard]] bool enter(Waiter& waiter, std::uint32_t max, Duration timeout);
  void leave(Waiter& waiter);      // if it is in
  void shorten(Duration timeout);  // from now on nobody waits longer than that
  void roomMade();                 // looks in a later turn, if anybody waits

 private:
  void look();
  Waiter& unlink(Waiter& waiter);

  const Clock& clock_;
  std::atomic<std::uint32_t>& all_workers_;
  std::function<bool()> any_;
  Waiter* first_ = nullptr;
  Waiter* last_ = nullptr;
  std::unique_ptr<Timer> timer_;
};

}  // namespace lb::back
