// See draw_routes.h.
#include "sim/plan/draw_routes.h"

#include <fmt/format.h>

#include <algorithm>
#include <initializer_list>

#include "lb/config/parse.h"
#include "sim/core/chance.h"
#include "sim/plan/route_paths.h"

namespace sim::plan {
namespace {

using lb::config::HeaderLine;
using lb::config::HeaderTest;
using lb::config::Route;
using lb::config::RouteAction;

class RouteDrawer {
 public:
  RouteDrawer(Scenario& scenario, Prng& random) : made_(scenario), random_(random) {}

  void draw() {
    for (Client& client : made_.clients) {
      for (Request& one : client.requests) request(one);
    }
    std::vector<lb::config::Service>& services = made_.config.services;
    for (std::size_t i = 0; i < services.size(); ++i) {
      const std::string name = services[i].name;
      const std::vector<std::string> domains = services[i].domains;
      services[i] = services[0];
      services[i].name = name;
      services[i].domains = domains;
      services[i].headers = {};
      services[i].headers.request.set = {{"X-Service", name}};
      services[i].headers.response.set = {{"X-Served", name}};
      if (random_.chance({1, 4})) services[i].headers.request.add = {{"X-Added", name}};
    }
    for (std::uint64_t i = random_.between(1, 5); i > 0; --i) {
      made_.config.routes.push_back(route(made_.config.routes.size()));
      if (!valid()) made_.config.routes.pop_back();  // another one takes all that it matches, or it leads to itself
    }
    if (random_.chance({1, 3})) made_.config.default_service = service();
  }

 private:
  template <class T>
  T oneOf(std::initializer_list<T> values) {
    return values.begin()[random_.below(values.size())];
  }

  void request(Request& made) {
    // Behind an answer of its own lb may close a connection on which a body comes, which others then lose.
    if (made.malformed >= 0 || (made_.calm_only && made.framing != Framing::None)) return;
    if (random_.chance({2, 3})) made.spelled = static_cast<int>(random_.below(kRoutePaths.size()));
    made.canary = random_.chance({1, 2});
    ids_.push_back(made.id);
  }

  bool valid() { return lb::config::parse(lb::config::dump(made_.config)).has_value(); }

  std::string service() { return made_.config.services[random_.below(made_.config.services.size())].name; }

  void match(lb::config::RouteMatch& made) {
    const bool by_path = random_.chance({3, 4});
    if (by_path && !ids_.empty() && random_.chance({1, 6})) {
      // Each draw in its own statement: within an expression their order would be the compiler's.
      const std::uint64_t id = ids_[random_.below(ids_.size())];
      made.path = fmt::format("{}/r/{}", oneOf<const char*>({"", "/api", "/x"}), id);
    } else if (by_path) {
      made.path_prefix = oneOf<const char*>({"/api", "/api/v1", "/x", "/apix", "/%C3%A4", "/"});
    }
    if (random_.chance({1, 3})) made.domains = {oneOf<std::string>({"*.test", serviceHost(0), serviceHost(-1)})};
    if (random_.chance({1, 4})) made.methods = oneOf<std::vector<std::string>>({{"GET"}, {"POST", "PUT"}, {"DELETE"}});
    if (!by_path) {
      made.headers = {{"x-canary", oneOf({HeaderTest::Equals, HeaderTest::Present}), ""}};
    } else if (random_.chance({1, 3})) {
      made.headers = {{"X-Canary", oneOf({HeaderTest::Equals, HeaderTest::Present, HeaderTest::Absent}), ""}};
    }
    // What leads everything elsewhere leaves the plain requests of the calm alone.
    if (made.path_prefix == "/") made.headers = {{"x-canary", HeaderTest::Present, ""}};
    for (auto& header : made.headers) {
      if (header.test == HeaderTest::Equals) header.value = oneOf({"1", "0"});
    }
  }

  void action(Route& made, std::size_t index) {
    const bool prefixed = !made.match.path_prefix.empty();
    made.rewrites = prefixed && random_.chance({1, 2});
    if (made.rewrites) made.rewrite_prefix = oneOf<const char*>({"/", "/v2", "/new/one"});
    switch (random_.below(8)) {
      case 0:
        made.action = RouteAction::Redirect;
        made.redirect.status = oneOf<std::uint16_t>({301, 302, 303, 307, 308});
        if (random_.chance({1, 2})) made.redirect.scheme = "https";
        if (random_.chance({1, 2})) made.redirect.host = "moved.test:8443";
        if (!made.rewrites && random_.chance({1, 2})) made.redirect.path = "/moved?to=" + std::to_string(index);
        if (made.redirect.scheme.empty() && made.redirect.host.empty() && !made.rewrites)
          made.redirect.path = "/elsewhere";
        return;
      case 1:
        made.action = RouteAction::Respond;
        made.rewrites = false;
        made.rewrite_prefix.clear();
        made.respond.status = oneOf<std::uint16_t>({200, 204, 403, 503});
        if (made.respond.status != 204) made.respond.body = std::string(random_.below(300), 'r');
        return;
      case 2:
      case 3:
        for (const auto& one : made_.config.services)
          made.split.push_back({one.name, static_cast<std::uint32_t>(random_.below(3)), {}});
        ++made.split[random_.below(made.split.size())].weight;
        if (random_.chance({1, 2})) std::ranges::reverse(made.split);
        return;
      default: made.split = {{service(), 1, {}}}; return;
    }
  }

  Route route(std::size_t index) {
    Route made;
    match(made.match);
    action(made, index);
    const std::string name = std::to_string(index);
    auto& [request, response] = made.headers;
    if (made.action == RouteAction::Forward) {
      if (random_.chance({1, 2})) request.set = {{"x-route", name}};
      if (random_.chance({1, 2})) request.add = {{"X-Added", name}};
      if (random_.chance({1, 3})) request.remove = {"X-CANARY"};
    }
    if (random_.chance({1, 2})) response.set = {{"X-From", name}};
    if (random_.chance({1, 3})) response.remove = {"x-interior"};
    return made;
  }

  Scenario& made_;
  Prng& random_;
  std::vector<std::uint64_t> ids_;
};

}  // namespace

// be is told by the path what to answer, and a malformed request is judged by what it is.
void drawRoutes(Scenario& scenario) {
  Prng random = Chance(scenario.seed).stream("scenario routes");
  if (!random.chance({1, 3}) || scenario.has("be") || scenario.has("malformed")) return;
  scenario.families.emplace_back("routes");
  RouteDrawer(scenario, random).draw();
}

}  // namespace sim::plan
