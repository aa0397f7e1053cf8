// `routes`: which requests, and what is done with them. Whether the services exist and every route can be reached is
// for check_routes.cc, when all is read.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <span>
#include <utility>

#include "lb/config/field_names.h"
#include "lb/config/names.h"
#include "lb/config/route_cover.h"
#include "lb/config/sections.h"
#include "lb/config/units.h"
#include "lb/http/authority.h"
#include "lb/http/chars.h"
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
  checkNewField(key, match.name, headers);
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

struct RedirectFound {
  Value value;
  bool says_where = false;  // be that right or wrong
  bool understood = true;
};

void readRedirect(Section& section, Redirect& redirect, RedirectFound& found) {
  if (const auto status = section.find("status"); status && status->integer(redirect.status, kRespondStatus)) {
    constexpr std::array<std::uint16_t, 5> kRedirects{301, 302, 303, 307, 308};
    if (std::ranges::find(kRedirects, redirect.status) == kRedirects.end()) {
      status->error("a redirect is 301, 302, 303, 307 or 308");
    }
  }
  const auto scheme = section.find("scheme");
  const auto host = section.find("host");
  const auto path = section.find("path");
  const bool scheme_ok = !scheme || scheme->parsed(redirect.scheme, parseLocationScheme, "a scheme");
  const bool host_ok = !host || host->parsed(redirect.host, parseLocationHost, "a host");
  const bool path_ok = !path || path->parsed(redirect.path, parseLocationPath, "a path");
  found.says_where = scheme || host || path;
  found.understood = scheme_ok && host_ok && path_ok;
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
    redirect->map([&](Section& keys) { readRedirect(keys, route.redirect, *found); });
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

// Where the redirect leads, as far as that is certainly this proxy again: not with a scheme or a port of its own, nor
// to a host that the route does not name.
std::optional<RouteMatch> leadsTo(const Route& route) {
  const Redirect& to = route.redirect;
  RouteMatch there = route.match;
  if (!to.scheme.empty()) return std::nullopt;
  if (!to.host.empty()) {
    std::string host(http::parseAuthority(to.host).host);
    if (host.size() != to.host.size() || route.match.domains.empty()) return std::nullopt;
    std::ranges::transform(host, host.begin(), http::lower);
    if (host.ends_with('.')) host.pop_back();  // a rooted name
    there.domains = {std::move(host)};
  }
  if (!to.path.empty()) {
    there.path = http::withoutQuery(to.path);
    there.path_prefix.clear();
  } else if (route.rewrites) {
    there.path_prefix = route.rewrite_prefix;
  }
  return there;
}

// Whether a client that follows asks with a method that the route takes: after these three most make a GET of it.
bool followsAlike(const Route& route) {
  const std::vector<std::string>& methods = route.match.methods;
  const std::uint16_t status = route.redirect.status;
  const bool becomes_get = status == 301 || status == 302 || status == 303;
  return !becomes_get || methods.empty() || std::ranges::find(methods, std::string_view("GET")) != methods.end();
}

// A client that follows must not come back to the same route, for ever. A route before this one that takes where it
// leads ends that.
void checkRedirect(const Section& section, const Route& route, std::span<const Route> earlier,
                   const RedirectFound& found) {
  if (!found.says_where && !route.rewrites) {
    section.error("the redirect leads to itself: it needs `scheme`, `host` or `path`, or the route `rewrite`");
    return;
  }
  const bool replaces_nothing = route.rewrites && route.match.path_prefix.empty();  // said already
  if (!found.understood || replaces_nothing || !followsAlike(route)) return;
  const std::optional<RouteMatch> there = leadsTo(route);
  if (!there || !coversUrl(route.match, *there)) return;
  if (std::ranges::any_of(earlier, [&](const Route& one) { return coversUrl(one.match, *there); })) return;
  const Redirect& to = route.redirect;
  // Another host may be behind another port; a field that is matched may not come again; routes before this one may
  // together take all of it.
  if (to.path.empty() && to.host.empty() && route.match.headers.empty() && earlier.empty()) {
    section.error("the redirect leads to itself: this route matches what it leads to");
  } else {
    found.value.warn(fmt::format("leads to a {} that this route matches: clients may go round in circles",
                                 to.host.empty() ? "path" : "host"));
  }
}

void readRoute(Section& section, std::span<const Route> earlier, Route& route) {
  route.place = section.place();
  section.map("match", [&](Section& match) { readMatch(match, route.match); });
  const auto redirect = readAction(section, route);
  if (const auto rewrite = section.find("rewrite")) readRewrite(*rewrite, route);
  readHeaders(section, route.headers);
  if (route.action != RouteAction::Forward && route.headers.request != HeaderRules{}) {
    section.error("`headers.request` is for what goes to a backend, and this route answers by itself");
  }
  if (redirect) checkRedirect(section, route, earlier, *redirect);
}

}  // namespace

void readRoutes(Section& proxy, Config& config) {
  const auto routes = proxy.find("routes");
  if (!routes || routes->isNull()) return;
  routes->list([&](const Value& item) {
    Route& route = config.routes.emplace_back();
    const std::span<const Route> earlier = std::span(config.routes).first(config.routes.size() - 1);
    item.map([&](Section& section) { readRoute(section, earlier, route); });
  });
  if (config.routes.size() > kRoutesMax)
    routes->error(fmt::format("has {} routes, over {}", config.routes.size(), kRoutesMax));
}

}  // namespace lb::config
