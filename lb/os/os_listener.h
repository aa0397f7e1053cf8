// A listening TCP socket of one loop. Several may share an address (SO_REUSEPORT), one for each worker.
#pragma once

#include <event2/event.h>
#include <event2/event_struct.h>

#include "lb/env/network.h"
#include "lb/os/os_loop.h"
#include "lb/os/unique_fd.h"

namespace lb::os {

class OsListener final : public Listener {
 public:
  [[nodiscard]] static Result<std::unique_ptr<Listener>> open(OsLoop& loop, const Address& at, AcceptEvents& events);
  OsListener(OsLoop& loop, UniqueFd fd, AcceptEvents& events);
  ~OsListener() override;
  OsListener(const OsListener&) = delete;
  OsListener& operator=(const OsListener&) = delete;

  [[nodiscard]] Address local() const override { return local_; }
  void pause(bool paused) override;

 private:
  enum class Accepted : std::uint8_t { One, Skipped, None, Exhausted };

  void onEvent();
  Accepted acceptOne();

  OsLoop& loop_;
  UniqueFd fd_;
  AcceptEvents& events_;
  Address local_;
  bool paused_ = false;
  bool* gone_ = nullptr;  // set to true if the listener is destroyed while it is accepting
  event event_{};
};

// Whether a program may listen at `at`, asked without SO_REUSEPORT: that would let two programs share a port by
// mistake. For start-up, and at a reload for addresses that this program does not listen on yet; `beside_ours` if it
// has the port at another address, which only those share that ask with SO_REUSEPORT.
[[nodiscard]] Result<void> probeListen(const Address& at, bool beside_ours = false);

}  // namespace lb::os
