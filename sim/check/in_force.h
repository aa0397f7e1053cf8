// What the configurations had of a service while a request was under way: reloads change it.
#pragma once

#include "sim/check/ledger.h"

namespace sim::check {

// Of timeouts.response_header.
[[nodiscard]] Duration leastHeaderTime(const Ledger& ledger, const lb::config::Service& service, MonoTime from,
                                       MonoTime to);
[[nodiscard]] Duration longestHeaderTime(const Ledger& ledger, const lb::config::Service& service, MonoTime from,
                                         MonoTime to);

// May this backend have got a request of the service that was under way in that time?
[[nodiscard]] bool mayServe(const Ledger& ledger, const lb::config::Service& service, std::uint32_t backend,
                            MonoTime from, MonoTime to);

}  // namespace sim::check
