#include "lb/proxy/router.h"

#include <algorithm>

#include "lb/base/check.h"
#include "lb/base/random_util.h"
#include "lb/http/chars.h"
#include "lb/http/path_form.h"

namespace lb::proxy {
namespace {

using config::HeaderMatch;
using config::HeaderTest;
using config::RouteMatch;

bool hostMatches(const RouteMatch& match, std::string_view host) {
  return match.domains.empty() ||
         std::ranges::any_of(match.domains, [&](const std::string& domain) { return domainMatches(domain, host); });
}

bool pathMatches(const RouteMatch& match, std::string_view path) {
  if (!match.path.empty()) return path == match.path;
  return match.path_prefix.empty() || http::hasPathPrefix(path, match.path_prefix);
}

bool methodMatches(const RouteMatch& match, std::string_view method) {
  return match.methods.empty() || std::ranges::find(match.methods, method) != match.methods.end();
}

bool headerMatches(const HeaderMatch& match, const http::Fields& fields) {
  bool present = false;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (!http::equalsIgnoreCase(fields.name(i), match.name)) continue;
    if (match.test == HeaderTest::Equals && fields.value(i) == match.value) return true;
    present = true;
  }
  return match.test == HeaderTest::Equals ? false : present == (match.test == HeaderTest::Present);
}

bool matches(const RouteMatch& match, const http::RequestHead& head, std::string_view path) {
  return hostMatches(match, head.host) && pathMatches(match, path) && methodMatches(match, head.methodText()) &&
         std::ranges::all_of(match.headers, [&](const HeaderMatch& one) { return headerMatches(one, head.fields); });
}

// The new path stands behind everything else in the head's bytes, where offsets to the old ones stay valid.
void setPath(http::RequestHead& head, std::string_view path_and_query) {
  std::string& bytes = head.fields.bytes();
  head.path_text = {static_cast<std::uint32_t>(bytes.size()), static_cast<std::uint32_t>(path_and_query.size())};
  bytes.append(path_and_query);
}

// REQUIRES: `prefix` is a prefix of the path.
void replacePrefix(std::string_view path_and_query, std::string_view prefix, std::string_view replacement,
                   std::string& out) {
  const std::string_view rest = path_and_query.substr(prefix == "/" ? 0 : prefix.size());
  if (rest.starts_with('/') && replacement == "/") replacement = {};
  out.assign(replacement).append(rest);
}

// Does a server that drops parameters see what the rewrite makes of the path without them? "/..;/a" does not leave the
// root, but it leaves a prefix that is put before it.
bool rewritesAlike(const config::Route& route, std::string_view path, std::string_view without) {
  std::string sent;
  std::string seen;
  std::string meant;
  replacePrefix(path, route.match.path_prefix, route.rewrite_prefix, sent);
  http::dropPathParameters(sent, seen);
  replacePrefix(without, route.match.path_prefix, route.rewrite_prefix, meant);
  return seen == meant;
}

}  // namespace

bool domainMatches(std::string_view domain, std::string_view host) {
  if (!domain.starts_with("*.")) return domain == host;
  domain.remove_prefix(1);
  return host.size() > domain.size() && host.ends_with(domain);
}

void Router::apply(const config::Config& config) {
  config_ = &config;
  routes_.clear();
  table_.clear();
  for (std::size_t i = 0; i < config.services.size(); ++i) {
    for (const std::string& domain : config.services[i].domains) table_.add(domain, i);
    if (config.services[i].name == config.default_service) table_.setDefault(i);
  }
  for (const config::Route& route : config.routes) {
    Prepared& made = routes_.emplace_back();
    made.route = &route;
    made.looks_at_path = !route.match.path.empty() || !route.match.path_prefix.empty();
    made.weight = 0;
    for (const config::Split& part : route.split) {
      const auto service = std::ranges::find(config.services, part.service, &config::Service::name);
      LB_CHECK(service != config.services.end());  // the parser knows only such routes
      made.services.push_back(static_cast<std::size_t>(service - config.services.begin()));
      made.weight += part.weight;
    }
    if (route.headers != config::Headers{}) made.rules = std::make_shared<const config::Headers>(route.headers);
  }
}

const Router::Prepared* Router::firstFor(const http::RequestHead& head, std::string_view path) const {
  const auto found =
      std::ranges::find_if(routes_, [&](const Prepared& one) { return matches(one.route->match, head, path); });
  return found == routes_.end() ? nullptr : &*found;
}

Router::Match Router::find(http::RequestHead& head, const Prepared*& found) {
  const bool looks = std::ranges::any_of(
      routes_, [&](const Prepared& one) { return one.looks_at_path && hostMatches(one.route->match, head.host); });
  if (looks) {
    const http::PathForm form = http::formPath(head.path(), path_);
    if (form == http::PathForm::Ambiguous) return Match::Ambiguous;
    if (form == http::PathForm::Changed) setPath(head, path_);
  }
  const std::string_view path = http::withoutQuery(head.path());
  found = firstFor(head, path);
  if (looks && path.contains(';')) {
    http::dropPathParameters(path, path_);
    if (firstFor(head, path_) != found) return Match::Ambiguous;
    if (found != nullptr && found->route->rewrites && !rewritesAlike(*found->route, path, path_))
      return Match::Ambiguous;
  }
  return found == nullptr ? Match::None : Match::Found;
}

Decision Router::take(const Prepared& prepared, http::RequestHead& head, Random& random) {
  const config::Route& route = *prepared.route;
  if (route.rewrites) {
    replacePrefix(head.path(), route.match.path_prefix, route.rewrite_prefix, path_);
    setPath(head, path_);
  }
  Decision decision{.route = &route, .rules = prepared.rules};
  if (route.action != config::RouteAction::Forward) {
    decision.kind = Decision::Kind::Answer;
    return decision;
  }
  decision.kind = Decision::Kind::Service;
  std::size_t chosen = 0;
  if (prepared.services.size() > 1) {
    std::uint64_t drawn = below(random, prepared.weight);
    while (drawn >= route.split[chosen].weight) drawn -= route.split[chosen++].weight;
  }
  decision.service = prepared.services[chosen];
  return decision;
}

// The host decides; only where no service has it may the query parameter stand in for it, a development aid that the
// program has off unless routing.service_parameter names one.
Decision Router::byDomain(const http::RequestHead& head) const {
  std::optional<std::size_t> service = table_.match(head.host);
  const std::string& parameter = config_->routing.service_parameter;
  if (!service && !parameter.empty()) {
    std::string domain = queryParameter(head.path(), parameter);
    std::ranges::transform(domain, domain.begin(), http::lower);
    if (!domain.empty()) {
      service = table_.match(domain);
      if (!service) return {};
    }
  }
  if (!service) service = table_.defaultService();
  if (!service) return {};
  return {.kind = Decision::Kind::Service, .service = *service};
}

Decision Router::decide(http::RequestHead& head, Random& random) {
  if (!routes_.empty()) {
    const Prepared* found = nullptr;
    switch (find(head, found)) {
      case Match::None: break;
      case Match::Found: return take(*found, head, random);
      case Match::Ambiguous: return {.kind = Decision::Kind::Refused};
    }
  }
  return byDomain(head);
}

}  // namespace lb::proxy
