// See host_resolver.h.
#include "lb/back/host_resolver.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace lb::back {

HostResolver::HostResolver(Loop& loop, Resolver& resolver, Logger& log, observe::WorkerStats& stats, std::string host,
                           HostEvents& events)
    : resolver_(resolver),
      log_(log),
      stats_(stats),
      host_(std::move(host)),
      events_(events),
      timer_(loop.makeTimer([this] { onTimer(); })) {}

void HostResolver::start() {
  if (const auto literal = IpAddress::parse(host_)) {
    events_.onAddresses({*literal});
    done();
    return;
  }
  lookUp();
}

void HostResolver::stop() {
  timer_->disarm();
  lookup_.reset();
}

void HostResolver::onTimer() {
  if (!asking_) {
    lookUp();
    return;
  }
  lookup_.reset();
  lookupFailed("no answer from the resolver");
}

void HostResolver::lookUp() {
  asking_ = true;
  timer_->arm(kLookupMax);
  lookup_ = resolver_.lookup(host_, *this);
}

void HostResolver::onResolved(Result<Resolved> found) {
  if (!found || found->addresses.empty()) {
    lookupFailed(found ? "no addresses" : found.error().what);
    return;
  }
  asking_ = false;
  stats_.dns_ok.add();
  if (failing_ && log_.enabled(LogLevel::Info))
    log_.write(LogLevel::Info, fmt::format("host {} resolves again", host_));
  failing_ = false;
  std::vector<IpAddress> addresses = std::move(found->addresses);
  std::ranges::sort(addresses);
  addresses.erase(std::ranges::unique(addresses).begin(), addresses.end());
  timer_->arm(std::clamp(found->ttl, kRefreshMin, kRefreshMax));
  events_.onAddresses(addresses);
  done();
}

void HostResolver::lookupFailed(const std::string& why) {
  asking_ = false;
  stats_.dns_failed.add();
  if (!failing_ && log_.enabled(LogLevel::Warn)) {
    log_.write(LogLevel::Warn,
               fmt::format("host {} does not resolve: {}; keeping what is known, trying again every {} s", host_, why,
                           std::chrono::duration_cast<std::chrono::seconds>(kRetry).count()));
  }
  failing_ = true;
  timer_->arm(kRetry);
  done();
}

void HostResolver::done() {
  if (std::exchange(first_done_, true)) return;
  events_.onFirstLookupDone();
}

}  // namespace lb::back
