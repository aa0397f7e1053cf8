// The parts of the dump that have files of their own.
#pragma once

#include "lb/config/config.h"
#include "lb/config/dump_writer.h"

namespace lb::config {

void writeRoutes(Writer& out, const std::vector<Route>& routes);
void writeHeaders(Writer& out, const Headers& headers);
void writeBalance(Writer& out, const Service& service);
void writeHealth(Writer& out, const Service& service);
void writeRetry(Writer& out, const Retry& retry);
void writeServiceLimits(Writer& out, const ServiceLimits& limits);
void writeRateLimit(Writer& out, const RateLimit& limit);

}  // namespace lb::config
