// The parts of the file, each read into its struct. What a part leaves out keeps the value that the target came with,
// which is how defaults and inheritance work.
#pragma once

#include <fmt/format.h>

#include <algorithm>

#include "lb/config/config.h"
#include "lb/config/reader.h"
#include "lb/config/units.h"
#include "lb/http/message.h"

namespace lb::config {

// Where values stand that only make sense together; for validate().
struct Marks {
  Place limits;
};

// listen, admin, and all that is not of one service.
void readProxy(Section& proxy, Config& config, Marks& marks);

// routes; before the services, which may need no domain because of them.
void readRoutes(Section& proxy, Config& config);

// The key `headers` of a service, of defaults or of a route. A list that it has takes the place of the one inherited.
void readHeaders(Section& section, Headers& headers);
// An error at the key if one of `fields` has that name; names that differ only in case are the same.
template <class Named>
void checkNewField(const Value& key, std::string_view name, const std::vector<Named>& fields) {
  const auto isIt = [&](const Named& one) { return http::equalsIgnoreCase(one.name, name); };
  if (std::ranges::any_of(fields, isIt)) key.error(fmt::format("{} is set already", quote(name)));
}
// balance, hash, slow_start and sticky, of a service or of defaults.
void readBalance(Section& section, Service& service);
// What only makes sense together, once all of the service is read.
void checkBalance(Section& section, const Service& service);
// The share of one host.
void readShare(Section& section, Host& host);
// Of one service, or of `defaults` (traffic_section.cc).
void readRetry(Section& section, Retry& retry);
void readServiceLimits(Section& section, ServiceLimits& limits);
void readRateLimit(Section& section, RateLimit& limit);

// defaults, default_service and services.
void readServices(Section& proxy, Config& config);

// The parts of a service that it may inherit, one a file.
void readHealth(Section& section, Service& service);

}  // namespace lb::config
