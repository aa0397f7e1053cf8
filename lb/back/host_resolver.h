// Keeps one configured host's addresses: a literal at once, a name by DNS and again whenever its TTL is over.
// When a lookup fails or finds nothing the last good answer goes on being used (RFC 8767, serve stale).
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "lb/base/log.h"
#include "lb/config/config.h"
#include "lb/env/env.h"
#include "lb/observe/telemetry.h"

namespace lb::back {

class HostEvents {
 public:
  virtual void onAddresses(const std::vector<IpAddress>& addresses) = 0;  // sorted, without repeats, never empty
  virtual void onFirstLookupDone() = 0;                                   // once, whether it found something or not

 protected:
  ~HostEvents() = default;
};

class HostResolver final : private ResolveEvents {
 public:
  static constexpr Duration kRefreshMin = std::chrono::seconds(1);
  static constexpr Duration kRefreshMax = std::chrono::seconds(60);
  static constexpr Duration kRetry = std::chrono::seconds(5);  // after a failure
  // More than a resolver takes to give up; one that never answers must not end the asking.
  static constexpr Duration kLookupMax = std::chrono::seconds(30);

  HostResolver(Loop& loop, Resolver& resolver, Logger& log, observe::WorkerStats& stats, std::string host,
               HostEvents& events);
  void start();  // a literal address reports from inside
  void stop();   // nothing more is asked or reported

 private:
  void onTimer();
  void lookUp();
  void lookupFailed(const std::string& why);
  void onResolved(Result<Resolved> found) override;
  void done();

  Resolver& resolver_;
  Logger& log_;
  observe::WorkerStats& stats_;
  std::string host_;
  HostEvents& events_;
  std::unique_ptr<Timer> timer_;  // to the next lookup, or to the end of patience with this one
  std::unique_ptr<Disposable> lookup_;
  bool asking_ = false;
  bool first_done_ = false;
  bool failing_ = false;
};

}  // namespace lb::back
