// Who may get a request: what balancing promises whatever else happens.
#pragma once

#include <string>
#include <vector>

#include "sim/check/ledger.h"

namespace sim::check {

// Which backend a host of the configuration is when all is well; -1: none.
[[nodiscard]] int backendOf(const plan::Scenario& scenario, const lb::config::Host& host);

// Are they different backends of weight 1, none of them a backup or known by a name?
[[nodiscard]] bool areAlike(const plan::Scenario& scenario, const std::vector<lb::config::Host>& hosts);

// What is wrong with this backend having got the request: it has no weight, or is a backup that nobody needs. "": fine.
[[nodiscard]] std::string whyNotThere(const Ledger& ledger, const Entry& entry, const lb::config::Service& service,
                                      std::uint32_t backend);

}  // namespace sim::check
