// What routes say together with the rest: that their services exist, and that each can be reached.
#include <fmt/format.h>

#include <algorithm>

#include "lb/config/units.h"
#include "lb/config/validate.h"
#include "lb/http/message.h"
#include "lb/http/path_form.h"

namespace lb::config {
namespace {

// Each of the following: does `wide` hold for all that `narrow` holds for?
bool coversDomain(const std::string& wide, const std::string& narrow) {
  if (wide == narrow) return true;
  if (!wide.starts_with("*.")) return false;
  return std::string_view(narrow).ends_with(std::string_view(wide).substr(1)) && narrow.size() > wide.size() - 1;
}

bool coversDomains(const RouteMatch& wide, const RouteMatch& narrow) {
  if (wide.domains.empty()) return true;
  if (narrow.domains.empty()) return false;
  return std::ranges::all_of(narrow.domains, [&](const std::string& one) {
    return std::ranges::any_of(wide.domains, [&](const std::string& other) { return coversDomain(other, one); });
  });
}

bool coversPath(const RouteMatch& wide, const RouteMatch& narrow) {
  if (!wide.path.empty()) return narrow.path == wide.path;
  if (wide.path_prefix.empty()) return true;
  const std::string& path = narrow.path.empty() ? narrow.path_prefix : narrow.path;
  return !path.empty() && http::hasPathPrefix(path, wide.path_prefix);
}

bool coversMethods(const RouteMatch& wide, const RouteMatch& narrow) {
  if (wide.methods.empty()) return true;
  if (narrow.methods.empty()) return false;
  return std::ranges::all_of(narrow.methods, [&](const std::string& one) {
    return std::ranges::find(wide.methods, one) != wide.methods.end();
  });
}

bool coversHeader(const HeaderMatch& wide, const HeaderMatch& narrow) {
  if (!http::equalsIgnoreCase(wide.name, narrow.name)) return false;
  if (wide.test == HeaderTest::Present && narrow.test == HeaderTest::Equals) return true;
  return wide.test == narrow.test && wide.value == narrow.value;
}

bool covers(const RouteMatch& wide, const RouteMatch& narrow) {
  return coversDomains(wide, narrow) && coversPath(wide, narrow) && coversMethods(wide, narrow) &&
         std::ranges::all_of(wide.headers, [&](const HeaderMatch& one) {
           return std::ranges::any_of(narrow.headers,
                                      [&](const HeaderMatch& other) { return coversHeader(one, other); });
         });
}

}  // namespace

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
