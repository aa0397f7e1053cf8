#include "lb/config/route_cover.h"

#include <algorithm>
#include <string>
#include <string_view>

#include "lb/http/message.h"
#include "lb/http/path_form.h"

namespace lb::config {
namespace {

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

}  // namespace

bool coversUrl(const RouteMatch& wide, const RouteMatch& narrow) {
  return coversDomains(wide, narrow) && coversPath(wide, narrow);
}

bool covers(const RouteMatch& wide, const RouteMatch& narrow) {
  return coversUrl(wide, narrow) && coversMethods(wide, narrow) &&
         std::ranges::all_of(wide.headers, [&](const HeaderMatch& one) {
           return std::ranges::any_of(narrow.headers,
                                      [&](const HeaderMatch& other) { return coversHeader(one, other); });
         });
}

}  // namespace lb::config
