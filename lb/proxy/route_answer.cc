#include "lb/proxy/route_answer.h"

#include <fmt/format.h>

namespace lb::proxy {
namespace {

// "" if it cannot be told.
std::string locationOf(const config::Redirect& redirect, const http::RequestHead& head) {
  std::string location;
  if (!redirect.scheme.empty()) location.append(redirect.scheme).append(":");
  if (!redirect.scheme.empty() || !redirect.host.empty()) {
    const std::string& host = redirect.host.empty() ? head.host : redirect.host;
    if (host.empty()) return {};
    location.append("//").append(host);
  }
  if (redirect.path.empty() && head.path() == "*") return location;  // OPTIONS of the server itself, which has no path
  return location.append(redirect.path.empty() ? head.path() : std::string_view(redirect.path));
}

}  // namespace

std::optional<RouteAnswer> answerOf(const config::Route& route, const http::RequestHead& head) {
  if (route.action == config::RouteAction::Respond) {
    return RouteAnswer{
        route.respond.status, observe::Reason::FixedResponse, route.respond.content_type, route.respond.body, {}};
  }
  std::string location = locationOf(route.redirect, head);
  if (location.empty()) return std::nullopt;
  const std::uint16_t status = route.redirect.status;
  return RouteAnswer{status, observe::Reason::Redirect, "text/plain; charset=utf-8",
                     fmt::format("{} {}\n", status, http::reasonPhrase(status)), std::move(location)};
}

}  // namespace lb::proxy
