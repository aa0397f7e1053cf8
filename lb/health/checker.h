// Active health checks: whether one address serves, asked again and again.
//
// A library of its own. It needs the seams of lb/env and the HTTP parsers of lb/http and nothing else of this proxy, so
// that any program with an event loop can have it:
//
//   class Watch final : health::CheckerEvents {
//     void onChecked(health::Verdict verdict, const std::string& why) override { ... }  // each check
//     void onChange(bool up, const std::string& why) override { ... }                   // only when that changes
//     health::Checker checker_{env, blocks, *Address..., {.path = "/healthz", .interval = 5s}, *this};
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
// One loop: everything here runs on it. At most one check is under way, on a connection of its own. Memory: the checks'
// heads up to 16 KiB, bodies up to 64 KiB, while a check runs.
#pragma once

#include <memory>
#include <string>

#include "lb/buf/block_pool.h"
#include "lb/env/env.h"
#include "lb/health/check_settings.h"
#include "lb/health/probe.h"

namespace lb::health {

class CheckerEvents {
 public:
  // The receiver may destroy the checker in neither of them: it is in the middle of its work.
  virtual void onChecked(Verdict verdict, const std::string& why) = 0;
  virtual void onChange(bool up, const std::string& why) = 0;  // after onChecked

 protected:
  ~CheckerEvents() = default;
};

class Checker final : private ProbeEvents {
 public:
  // Everything outlives it. REQUIRES settings.enabled, and what config/health_section.cc checks of the numbers.
  Checker(const Env& env, buf::BlockPool& blocks, const Address& target, CheckSettings settings, CheckerEvents& events);
  ~Checker();
  Checker(const Checker&) = delete;
  Checker& operator=(const Checker&) = delete;

  void start();
  void change(const CheckSettings& settings);  // from the next check on; what is known of the target stays
  [[nodiscard]] bool up() const { return up_; }
  [[nodiscard]] const CheckSettings& settings() const { return settings_; }

 private:
  void check();
  void onProbed(Verdict verdict, const std::string& why) override;
  void weigh(bool passed, const std::string& why);
  [[nodiscard]] Duration pause();

  Env env_;
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
};

}  // namespace lb::health
