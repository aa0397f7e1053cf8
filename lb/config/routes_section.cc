// `routes`: which requests, and what is done with them. Whether the services exist and every route can be reached is
// for check_routes.cc, when all is read.
#include <fmt/format.h>

#include <algorithm>

#include "lb/config/field_names.h"
#include "lb/config/names.h"
#include "lb/config/sections.h"
#include "lb/config/units.h"
#include "lb/http/path_form.h"

namespace lb::config {
namespace {

template <class Parse>
void readTexts(Section& section, std::string_view key, Parse parse, std::string_view what,
               std::vector<std::string>& into) {
  const auto value = section.find(key);
  if (!value) return;
  value->list([&](const Value& item) {
    std::string text;
    if (item.parsed(text, parse, what)) into.push_back(std::move(text));
  });
}

void readHeaderMatch(const Value& key, const Value& value, std::vector<HeaderMatch>& headers) {
  HeaderMatch match;
  if (!key.parsed(match.name, parseMatchedField, "the name of a field")) return;
  if (value.isScalar()) {
    if (!value.parsed(match.value, parseFieldValue, "a value")) return;
  } else {
    const bool is_map = value.map([&](Section& section) {
      bool present = true;
      if (const auto wanted = section.require("present")) wanted->boolean(present);
      match.test = present ? HeaderTest::Present : HeaderTest::Absent;
    });
    if (!is_map) return;
  }
  headers.push_back(std::move(match));
}

void readMatch(Section& section, RouteMatch& match) {
  if (const auto domain = section.find("domain")) {
    domain->parsed(match.domains.emplace_back(), parseDomain, "a domain");
  }
  readTexts(section, "domains", parseDomain, "a domain", match.domains);
  const auto path = section.find("path");
  const auto prefix = section.find("path_prefix");
  if (path) path->parsed(match.path, parseRoutePath, "a path");
  if (prefix) prefix->parsed(match.path_prefix, parseRoutePrefix, "a path");
  if (path && prefix) prefix->error("a route has `path` or `path_prefix`, not both");
  readTexts(section, "methods", parseMethod, "a method", match.methods);
  if (const auto headers = section.find("headers")) {
    headers->entries([&](const Value& key, const Value& value) { readHeaderMatch(key, value, match.headers); });
  }
}

void readSplit(const Value& value, std::vector<Split>& split) {
  std::uint64_t weight = 0;
  value.list([&](const Value& item) {
    Split part;
    part.place = item.place();
    item.map([&](Section& section) {
      if (const auto service = section.require("service")) service->parsed(part.service, parseServiceName, "a name");
      section.integer("weight", part.weight, kSplitWeight);
    });
    const bool twice = std::ranges::any_of(split, [&](const Split& one) { return one.service == part.service; });
    if (twice) item.error(fmt::format("{} is in this split already", quote(part.service)));
    weight += part.weight;
    split.push_back(std::move(part));
  });
  if (value.isEmptyList()) value.error("needs at least one service");
  if (!split.empty() && weight == 0) value.error("every weight is 0: no service is left");
}

// Whether it says where to, be that right or wrong.
bool readRedirect(Section& section, Redirect& redirect) {
  if (const auto status = section.find("status"); status && status->integer(redirect.status, kRespondStatus)) {
    constexpr std::array<std::uint16_t, 5> kRedirects{301, 302, 303, 307, 308};
    if (std::ranges::find(kRedirects, redirect.status) == kRedirects.end()) {
      status->error("a redirect is 301, 302, 303, 307 or 308");
    }
  }
  const auto scheme = section.find("scheme");
  const auto host = section.find("host");
  const auto path = section.find("path");
  if (scheme) scheme->parsed(redirect.scheme, parseLocationScheme, "a scheme");
  if (host) host->parsed(redirect.host, parseLocationHost, "a host");
  if (path) path->parsed(redirect.path, parseLocationPath, "a path");
  return scheme || host || path;
}

void readRespond(Section& section, Respond& respond) {
  section.integer("status", respond.status, kRespondStatus);
  if (const auto type = section.find("content_type")) type->parsed(respond.content_type, parseContentType, "a type");
  const auto body = section.find("body");
  if (!body || !body->text(respond.body)) return;
  if (respond.body.size() > kRespondBodyMax) body->error(fmt::format("is longer than {} bytes", kRespondBodyMax));
  const bool bodiless = respond.status == 204 || respond.status == 205 || respond.status == 304;
  if (bodiless && !respond.body.empty()) body->error(fmt::format("a {} has no body", respond.status));
}

struct RedirectFound {
  Value value;
  bool says_where = false;
};

// Exactly one of them, or an error at the route. The redirect, if it is that.
std::optional<RedirectFound> readAction(Section& section, Route& route) {
  const auto service = section.find("service");
  const auto split = section.find("split");
  const auto redirect = section.find("redirect");
  const auto respond = section.find("respond");
  if (service.has_value() + split.has_value() + redirect.has_value() + respond.has_value() != 1) {
    section.error("a route has one of `service`, `split`, `redirect` and `respond`");
  }
  if (service) {
    Split part;
    part.place = service->place();
    service->parsed(part.service, parseServiceName, "a name");
    route.split.push_back(std::move(part));
  }
  if (split) readSplit(*split, route.split);
  std::optional<RedirectFound> found;
  if (redirect) {
    route.action = RouteAction::Redirect;
    found.emplace(RedirectFound{*redirect});
    redirect->map([&](Section& keys) { found->says_where = readRedirect(keys, route.redirect); });
  }
  if (respond) {
    route.action = RouteAction::Respond;
    respond->map([&](Section& keys) { readRespond(keys, route.respond); });
  }
  return found;
}

void readRewrite(const Value& value, Route& route) {
  value.map([&](Section& section) {
    const auto prefix = section.require("prefix");
    route.rewrites = prefix && prefix->parsed(route.rewrite_prefix, parseRoutePrefix, "a path");
  });
  if (route.match.path_prefix.empty()) value.error("replaces `match.path_prefix`, which this route does not have");
  if (route.action == RouteAction::Respond) value.error("a fixed response goes nowhere: there is no path to rewrite");
  if (!route.redirect.path.empty()) value.error("`redirect.path` is there already");
}

// A client that follows comes back to the same route, for ever.
void checkRedirect(const Section& section, const Route& route, const RedirectFound& found) {
  const Redirect& to = route.redirect;
  if (!to.scheme.empty() || !to.host.empty()) return;
  if (!found.says_where && !route.rewrites) {
    section.error("the redirect leads to itself: it needs `scheme`, `host` or `path`, or the route `rewrite`");
    return;
  }
  if (to.path.empty()) return;
  const std::string_view path = http::withoutQuery(to.path);
  const RouteMatch& match = route.match;
  if (match.path.empty() ? match.path_prefix.empty() || http::hasPathPrefix(path, match.path_prefix)
                         : path == match.path) {
    found.value.warn("leads to a path that this route matches: clients may go round in circles");
  }
}

void readRoute(Section& section, Route& route) {
  route.place = section.place();
  section.map("match", [&](Section& match) { readMatch(match, route.match); });
  const auto redirect = readAction(section, route);
  if (const auto rewrite = section.find("rewrite")) readRewrite(*rewrite, route);
  readHeaders(section, route.headers);
  if (route.action != RouteAction::Forward && route.headers.request != HeaderRules{}) {
    section.error("`headers.request` is for what goes to a backend, and this route answers by itself");
  }
  if (redirect) checkRedirect(section, route, *redirect);
}

}  // namespace

void readRoutes(Section& proxy, Config& config) {
  const auto routes = proxy.find("routes");
  if (!routes || routes->isNull()) return;
  routes->list([&](const Value& item) {
    Route& route = config.routes.emplace_back();
    item.map([&](Section& section) { readRoute(section, route); });
  });
  if (config.routes.size() > kRoutesMax)
    routes->error(fmt::format("has {} routes, over {}", config.routes.size(), kRoutesMax));
}

}  // namespace lb::config
