// Active health checks: whether one address serves, asked again and again.
//
// A library of its own, the target lb_health. It needs the seams of lb/env and the HTTP parsers of lb/http and nothing
// else of this proxy, so that any program with an event loop can have it: on lb_os, or on a loop and a network of the
// program's own behind lb/env. A whole program: lb/health/example/check_address.cc. In short:
//
//   class Watch final : private health::CheckerEvents {
//     void onChecked(health::Verdict verdict, const std::string& why) override { ... }  // after each check
//     void onChange(bool up, const std::string& why) override { ... }                   // only when that changes
//     buf::BlockPool blocks_;  // of this thread; one for all checkers and whoever else there is
//     health::Checker checker_{loop, network, random, blocks_, address, {.path = "/healthz", .interval = 5s}, *this};
//   };
//   checker_.start();
//
// Rules:
//   - A check passes when the whole answer has come within `timeout`, with an expected status and, if one is set, the
//     expected text in its first 64 KiB. An answer that trickles is one that does not come in time. With kind Tcp a
//     connection is enough, unless it ends at once.
//   - `fall` failures in a row make the target down, `rise` passes in a row make it up again. With initial Check it
//     counts as up until the first check, which decides alone.
//   - The first check begins at once, the second after a random part of the interval, so that many targets do not go on
//     in step; each further one after `interval`, or `down_interval` while the target is down, with jitter.
//   - What this machine could not ask (no descriptor, no port) says nothing about the target.
//
// Threads: one loop. Everything is called on its thread, and both events come from a turn of it: never from the
// constructor, start() or change(). Checkers on several loops know nothing of each other.
//
// Ownership: the caller owns the checker, and whatever it was given by reference outlives it. It may be destroyed at
// any time but in its own events, also while a check is under way, whose connection is then closed; nothing is told any
// more. Let the blocks outlive the loop as well: a check that has just ended is destroyed at the end of its turn.
//
// Limits: at most one check is under way, on a connection of its own, which is closed with it. Memory while a check
// runs: the answer's head up to 16 KiB, its body up to 64 KiB. There is no limit to how many checkers a loop has.
#pragma once

#include <memory>
#include <string>

#include "lb/buf/block_pool.h"
#include "lb/env/loop.h"
#include "lb/env/network.h"
#include "lb/env/random.h"
#include "lb/health/check_settings.h"
#include "lb/health/probe.h"

namespace lb::health {

class CheckerEvents {
 public:
  // `why` is a sentence fragment for people, such as "status 500", and valid during the call. The receiver may stop the
  // loop and change the settings; it may not destroy the checker, which is in the middle of its work.
  virtual void onChecked(Verdict verdict, const std::string& why) = 0;
  virtual void onChange(bool up, const std::string& why) = 0;  // of up(), right after the onChecked that decided it

 protected:
  ~CheckerEvents() = default;
};

class Checker final : private ProbeEvents {
 public:
  // REQUIRES: settings without problem(). `target` is an address: names are the caller's to look up.
  Checker(Loop& loop, Network& network, Random& random, buf::BlockPool& blocks, const Address& target,
          CheckSettings settings, CheckerEvents& events);
  ~Checker();
  Checker(const Checker&) = delete;
  Checker& operator=(const Checker&) = delete;

  void start();  // once
  // From the next check on, which comes when the new interval says; what is known of the target stays. REQUIRES: no
  // problem(), as above.
  void change(const CheckSettings& settings);
  [[nodiscard]] bool up() const { return up_; }  // before the first result: as `initial` says, Check as Up
  [[nodiscard]] const CheckSettings& settings() const { return settings_; }

 private:
  void check();
  void onProbed(Verdict verdict, const std::string& why) override;
  void weigh(bool passed, const std::string& why);
  [[nodiscard]] Duration pause();

  Loop& loop_;
  Network& network_;
  Random& random_;
  buf::BlockPool& blocks_;
  Address target_;
  CheckSettings settings_;
  CheckerEvents& events_;
  std::unique_ptr<Timer> next_;
  std::unique_ptr<Probe> probe_;  // while one is under way
  std::uint32_t passes_ = 0;      // in a row
  std::uint32_t failures_ = 0;
  bool up_;
  bool decided_;  // false: the next result decides alone
  bool first_ = true;
  bool waiting_ = false;  // for the next check, since one has ended
};

}  // namespace lb::health
