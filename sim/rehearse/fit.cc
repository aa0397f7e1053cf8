// See fit.h.
#include "sim/rehearse/fit.h"

#include <fmt/format.h>

#include <algorithm>

#include "lb/http/message.h"
#include "sim/model/fast_http.h"

namespace sim::rehearse {
namespace {

using lb::config::HeaderLine;
using lb::config::HeaderRules;

bool isPrivate(std::string_view name) {
  return std::ranges::any_of(model::kPrivateFields,
                             [&](std::string_view field) { return lb::http::equalsIgnoreCase(name, field); });
}

// The first of the simulator's own fields that they touch; "": none.
std::string privateFieldOf(const HeaderRules& rules) {
  std::vector<std::string> names = rules.remove;
  for (const auto* lines : {&rules.set, &rules.add}) {
    for (const HeaderLine& line : *lines) names.push_back(line.name);
  }
  const auto found = std::ranges::find_if(names, isPrivate);
  return found == names.end() ? "" : *found;
}

lb::Result<void> checkHeaders(const lb::config::Headers& headers, const std::string& whose) {
  for (const HeaderRules* rules : {&headers.request, &headers.response}) {
    if (const std::string field = privateFieldOf(*rules); !field.empty())
      return lb::fail(
          fmt::format("the header rules of {} touch {}, by which the simulated clients and backends know each other",
                      whose, field));
  }
  return {};
}

lb::Result<void> checkConfig(const lb::config::Config& config) {
  for (const lb::config::Service& service : config.services) {
    if (auto fine = checkHeaders(service.headers, "service " + service.name); !fine) return fine;
  }
  for (std::size_t i = 0; i < config.routes.size(); ++i) {
    if (auto fine = checkHeaders(config.routes[i].headers, fmt::format("routes[{}]", i)); !fine) return fine;
  }
  return {};
}

}  // namespace

lb::Result<void> checkFit(const lb::config::Config& config, const Scenario& scenario) {
  if (auto fine = checkConfig(config); !fine) return fine;
  for (const Fault& fault : scenario.faults) {
    if (fault.config == nullptr) continue;
    if (const auto fine = checkConfig(*fault.config); !fine)
      return lb::fail(fmt::format("{}: {}", fault.text, fine.error().what));
  }
  if (!scenario.layout.conflicts.empty()) return lb::fail(scenario.layout.conflicts.front());
  return {};
}

}  // namespace sim::rehearse
