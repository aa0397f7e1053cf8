// What routes say together with the rest: that their services exist, and that each can be reached.
#include <fmt/format.h>

#include <algorithm>

#include "lb/config/route_cover.h"
#include "lb/config/units.h"
#include "lb/config/validate.h"

namespace lb::config {

void checkRoutes(const Config& config, Issues& issues) {
  for (std::size_t i = 0; i < config.routes.size(); ++i) {
    const Route& route = config.routes[i];
    const std::string path = fmt::format("routes[{}]", i);
    for (const Split& part : route.split) {
      if (part.service.empty()) continue;  // said already
      if (std::ranges::find(config.services, part.service, &Service::name) != config.services.end()) continue;
      issues.error(part.place, path, fmt::format("no service has the name {}", quote(part.service)));
    }
    for (std::size_t j = 0; j < i; ++j) {
      if (!covers(config.routes[j].match, route.match)) continue;
      issues.error(route.place, path,
                   fmt::format("is never reached: routes[{}] (line {}) takes all that it matches", j,
                               config.routes[j].place.line));
      break;
    }
  }
}

}  // namespace lb::config
