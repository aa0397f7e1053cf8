// See route_oracle.h.
#include "sim/check/route_oracle.h"

#include <algorithm>
#include <array>

#include "sim/actor/wire_text.h"
#include "sim/plan/route_paths.h"

namespace sim::check {
namespace {

using lb::config::HeaderRules;
using lb::config::HeaderTest;
using lb::config::Route;
using lb::config::RouteAction;

constexpr std::array kRuled{"x-canary", "x-service", "x-route", "x-added", "x-served", "x-from", "x-interior"};

std::string lower(std::string text) {
  for (char& c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return text;
}

using Segments = std::vector<std::string>;

Segments segmentsOf(const std::string& path) {
  Segments segments;
  for (const char c : path) {
    if (c == '/') {
      segments.emplace_back();
    } else if (!segments.empty()) {
      segments.back() += c;
    }
  }
  return segments;
}

// "/" has none.
Segments prefixOf(const std::string& prefix) {
  return prefix == "/" ? Segments{} : segmentsOf(prefix);
}

std::string joined(const Segments& segments) {
  std::string path;
  for (const std::string& one : segments) path += "/" + one;
  return path.empty() ? "/" : path;
}

struct Facts {
  std::string host;
  std::string method;
  std::string path;
  bool canary;
};

bool isForHost(const Route& route, const std::string& host) {
  if (route.match.domains.empty()) return true;
  return std::ranges::any_of(route.match.domains, [&](const std::string& domain) {
    return domain == host || (domain == "*.test" && host.size() > 5 && host.substr(host.size() - 5) == ".test");
  });
}

bool looksAtPath(const Route& route) {
  return !route.match.path.empty() || !route.match.path_prefix.empty();
}

bool takes(const Route& route, const Facts& facts) {
  const auto& match = route.match;
  if (!isForHost(route, facts.host)) return false;
  if (!match.path.empty() && match.path != facts.path) return false;
  const Segments prefix = prefixOf(match.path_prefix);
  const Segments path = segmentsOf(facts.path);
  if (prefix.size() > path.size() || !std::equal(prefix.begin(), prefix.end(), path.begin())) return false;
  if (!match.methods.empty() && std::ranges::count(match.methods, facts.method) == 0) return false;
  return std::ranges::all_of(match.headers, [&](const auto& one) {  // all of them are about the canary
    switch (one.test) {
      case HeaderTest::Equals: return facts.canary && one.value == "1";
      case HeaderTest::Present: return facts.canary;
      case HeaderTest::Absent: return !facts.canary;
    }
    return false;
  });
}

const Route* firstOf(const lb::config::Config& config, const Facts& facts) {
  for (const Route& route : config.routes) {
    if (takes(route, facts)) return &route;
  }
  return nullptr;
}

void apply(const HeaderRules& rules, FieldLines& lines) {
  const auto drop = [&](const std::string& name) {
    std::erase_if(lines, [&](const auto& line) { return line.first == lower(name); });
  };
  for (const std::string& name : rules.remove) drop(name);
  for (const auto& line : rules.set) drop(line.name);
  for (const auto& line : rules.set) lines.emplace_back(lower(line.name), line.value);
  for (const auto& line : rules.add) lines.emplace_back(lower(line.name), line.value);
}

FieldLines sentBy(const plan::Request& request) {
  return request.canary ? FieldLines{{"x-canary", "1"}, {"x-route", "forged"}} : FieldLines{};
}

FieldLines answeredWith(const plan::Request& request) {
  return request.canary ? FieldLines{{"x-interior", "1"}} : FieldLines{};
}

RouteFate::Way wayTo(const lb::config::Service& service, const Route* route, const plan::Request& request) {
  RouteFate::Way way{service.name, sentBy(request), answeredWith(request)};
  if (route != nullptr) {
    apply(route->headers.request, way.request);
    apply(route->headers.response, way.response);
  }
  apply(service.headers.request, way.request);
  apply(service.headers.response, way.response);
  return way;
}

std::string rewritten(const Route& route, const std::string& path) {
  if (!route.rewrites) return path;
  Segments segments = segmentsOf(path);
  const auto prefix = static_cast<std::ptrdiff_t>(prefixOf(route.match.path_prefix).size());
  segments.erase(segments.begin(), segments.begin() + prefix);
  Segments whole = prefixOf(route.rewrite_prefix);
  whole.insert(whole.end(), segments.begin(), segments.end());
  return joined(whole);
}

void answer(const Route& route, const plan::Request& request, const std::string& target, RouteFate& fate) {
  fate.kind = RouteFate::Kind::Answer;
  apply(route.headers.response, fate.response);
  if (route.action == RouteAction::Respond) {
    fate.status = route.respond.status;
    fate.reason = "fixed_response";
    fate.body = route.respond.body.size();
    return;
  }
  const auto& redirect = route.redirect;
  const std::string host = plan::serviceHost(request.service);
  fate.status = redirect.status;
  fate.reason = "redirect";
  const std::string path = redirect.path.empty() ? target : redirect.path;
  if (redirect.scheme.empty() && redirect.host.empty()) {
    fate.location = path;
  } else if (redirect.host.empty()) {
    if (host.empty()) fate.kind = RouteFate::Kind::Refused;
    fate.location = redirect.scheme + "://" + host + path;
  } else {
    fate.location = (redirect.scheme.empty() ? "" : redirect.scheme + ":") + "//" + redirect.host + path;
  }
}

}  // namespace

RouteFate fateOf(const lb::config::Config& config, const plan::Request& request) {
  RouteFate fate;
  const plan::RoutePath& row = plan::kRoutePaths.at(static_cast<std::size_t>(std::max(request.spelled, 0)));
  std::string rest = actor::requestTarget(request).substr(std::string_view(row.sent).size());
  const std::size_t mark = std::min(rest.find('?'), rest.size());
  const std::string query = rest.substr(mark);
  rest.resize(mark);
  Facts facts{plan::serviceHost(request.service), request.method, row.sent + rest, request.canary};
  const bool looks = std::ranges::any_of(
      config.routes, [&](const Route& one) { return looksAtPath(one) && isForHost(one, facts.host); });
  if (looks && row.form == nullptr) {
    fate.kind = RouteFate::Kind::Refused;
    return fate;
  }
  if (looks) facts.path = row.form + rest;
  const Route* route = firstOf(config, facts);
  if (looks) {
    Facts plain = facts;
    plain.path = row.plain + rest;
    const bool leaves = row.climbs && route != nullptr && route->rewrites && route->rewrite_prefix != "/";
    if (leaves || firstOf(config, plain) != route) {
      fate.kind = RouteFate::Kind::Refused;
      return fate;
    }
  }
  fate.by_route = route != nullptr;
  fate.target = (route == nullptr ? facts.path : rewritten(*route, facts.path)) + query;
  if (route != nullptr && route->action != RouteAction::Forward) {
    answer(*route, request, fate.target, fate);
    return fate;
  }
  for (const lb::config::Service& service : config.services) {
    const bool chosen = route == nullptr
                            ? std::ranges::count(service.domains, facts.host) > 0
                            : std::ranges::any_of(route->split, [&](const auto& part) {
                                return part.service == service.name && (part.weight > 0 || route->split.size() == 1);
                              });
    if (chosen) fate.ways.push_back(wayTo(service, route, request));
  }
  if (route == nullptr && fate.ways.empty()) {
    for (const lb::config::Service& service : config.services) {
      if (service.name == config.default_service) fate.ways.push_back(wayTo(service, nullptr, request));
    }
  }
  if (!fate.ways.empty()) fate.kind = RouteFate::Kind::Forward;
  return fate;
}

bool isRuled(const actor::Head& head, std::size_t index) {
  return std::ranges::any_of(kRuled, [&](const char* name) { return head.is(index, name); });
}

FieldLines ruledFields(const actor::Head& head) {
  FieldLines lines;
  for (std::size_t i = 0; i < head.size(); ++i) {
    if (isRuled(head, i)) lines.emplace_back(lower(std::string(head.name(i))), head.value(i));
  }
  return lines;
}

}  // namespace sim::check
