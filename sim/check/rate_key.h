// By what rate limits tell requests from each other, as docs/overload.md has it.
#pragma once

#include <string>

#include "sim/plan/balance_shapes.h"
#include "sim/plan/forwarded.h"

namespace sim::check {

[[nodiscard]] inline std::string rateKeyOf(const plan::Scenario& scenario, const lb::config::RateLimit& limit,
                                           const plan::Request& request) {
  switch (limit.key) {
    case lb::config::RateKey::Service: return {};
    case lb::config::RateKey::ClientIp: {
      const plan::Forwarded* said = plan::believed(scenario) ? plan::forwardedOf(request) : nullptr;
      return said == nullptr || said->network == nullptr ? plan::kClientIp : said->network;
    }
    case lb::config::RateKey::Header: {
      const std::string name = limit.name + ": ";
      return request.affinity.starts_with(name) ? request.affinity.substr(name.size()) : std::string();
    }
  }
  return {};
}

}  // namespace sim::check
