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
      refresh_(loop.makeTimer([this] { lookUp(); })) {}

void HostResolver::start() {
  if (const auto literal = IpAddress::parse(host_)) {
    events_.onAddresses({*literal});
    done();
    return;
  }
  lookUp();
}

void HostResolver::lookUp() {
  lookup_ = resolver_.lookup(host_, *this);
}

void HostResolver::onResolved(Result<Resolved> found) {
  if (found && !found->addresses.empty()) {
    stats_.dns_ok.add();
    if (failing_ && log_.enabled(LogLevel::Info))
      log_.write(LogLevel::Info, fmt::format("host {} resolves again", host_));
    failing_ = false;
    std::vector<IpAddress> addresses = std::move(found->addresses);
    std::ranges::sort(addresses);
    addresses.erase(std::ranges::unique(addresses).begin(), addresses.end());
    refresh_->arm(std::clamp(found->ttl, kRefreshMin, kRefreshMax));
    events_.onAddresses(addresses);
  } else {
    stats_.dns_failed.add();
    if (!failing_ && log_.enabled(LogLevel::Warn)) {
      log_.write(LogLevel::Warn,
                 fmt::format("host {} does not resolve: {}; keeping what is known, trying again every {} s", host_,
                             found ? "no addresses" : found.error().what,
                             std::chrono::duration_cast<std::chrono::seconds>(kRetry).count()));
    }
    failing_ = true;
    refresh_->arm(kRetry);
  }
  done();
}

void HostResolver::done() {
  if (std::exchange(first_done_, true)) return;
  events_.onFirstLookupDone();
}

}  // namespace lb::back
