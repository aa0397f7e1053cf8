#include "lb/config/validate.h"

#include <fmt/format.h>

#include <optional>

#include "lb/base/address.h"
#include "lb/config/units.h"

namespace lb::config {
namespace {

constexpr std::string_view kAnyV4 = "0.0.0.0";

struct Bound {
  std::string address;
  std::uint16_t port;
  Place place;
  std::string path;
};

std::string shown(const Bound& bound) {
  const std::string host = bound.address.contains(':') ? "[" + bound.address + "]" : bound.address;
  return fmt::format("\"{}:{}\"", host, bound.port);
}

// Both families, as "" and "::" mean the same.
bool isAny(const std::string& address) {
  return address.empty() || IpAddress::parse(address) == IpAddress{};
}

bool isV4(const std::string& address) {
  const std::optional<IpAddress> ip = IpAddress::parse(address);
  return ip && ip->isV4();
}

bool overlap(const std::string& left, const std::string& right) {
  if (isAny(left) || isAny(right) || left == right) return true;
  return (left == kAnyV4 && isV4(right)) || (right == kAnyV4 && isV4(left));
}

std::vector<Bound> listeners(const Config& config) {
  std::vector<Bound> bounds;
  for (std::size_t i = 0; i < config.listen.size(); ++i) {
    const Listen& listen = config.listen[i];
    const std::string path = config.listen.size() == 1 ? "listen" : fmt::format("listen[{}]", i);
    bounds.push_back({listen.address, listen.port, listen.place, path});
  }
  if (config.admin.enabled) bounds.push_back({config.admin.address, config.admin.port, config.admin.place, "admin"});
  return bounds;
}

// Two sockets on one address fail at start; a wildcard and an address within it fail or share connections by chance.
void checkListeners(const std::vector<Bound>& bounds, Issues& issues) {
  for (std::size_t i = 0; i < bounds.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      const Bound *first = &bounds[j], *second = &bounds[i];
      if (first->port != second->port || first->port == 0 || !overlap(first->address, second->address)) continue;
      if (second->place.line == 0) std::swap(first, second);  // a default has no place to complain about
      const std::string where = first->place.line == 0 ? "by default" : fmt::format("on line {}", first->place.line);
      issues.error(second->place, second->path,
                   fmt::format("{} overlaps with {} of `{}` ({})", shown(*second), shown(*first), first->path, where));
      break;
    }
  }
}

// A host that is certainly one of the proxy's own listeners.
void warnOfLoops(const Config& config, Issues& issues) {
  const std::vector<Bound> bounds = listeners(config);
  for (std::size_t i = 0; i < config.services.size(); ++i) {
    const std::vector<Host>& hosts = config.services[i].hosts;
    for (std::size_t j = 0; j < hosts.size(); ++j) {
      const bool loopback = hosts[j].address == "localhost" || hosts[j].address == "::1" ||
                            (isV4(hosts[j].address) && hosts[j].address.starts_with("127."));
      for (const Bound& bound : bounds) {
        const bool any = isAny(bound.address) || bound.address == kAnyV4;
        const bool same = hosts[j].address == bound.address || (loopback && any);
        if (!same || bound.port == 0 || hosts[j].port != bound.port) continue;
        const std::string_view what = bound.path == "admin"
                                          ? "is this proxy's control plane: its pages would be for everybody"
                                          : "is this proxy itself: its requests would come back to it for ever";
        issues.warning(hosts[j].place, fmt::format("services[{}].hosts[{}]", i, j),
                       fmt::format("{} {}", hosts[j].label(), what));
        break;
      }
    }
  }
}

void warnOfUnreachableLimits(const Config& config, const Marks& marks, Issues& issues) {
  const ClientLimits& limits = config.limits;
  if (limits.max_uri_bytes <= limits.max_header_bytes) return;
  issues.warning(marks.limits, "limits",
                 fmt::format("max_uri_bytes ({}) is over max_header_bytes ({}), which counts the URI too",
                             formatSize(limits.max_uri_bytes), formatSize(limits.max_header_bytes)));
}

}  // namespace

void validate(const Config& config, const Marks& marks, Issues& issues) {
  checkListeners(listeners(config), issues);
  checkRoutes(config, issues);
  warnOfLoops(config, issues);
  warnOfUnreachableLimits(config, marks, issues);
}

}  // namespace lb::config
