// What is done with a request: its routes in order, the first that matches wins; then the services' domains, the
// development aid `routing.service_parameter`, the default service; or nothing.
//
// It decides from configuration and head alone and knows no service in operation, so that `lb --check --tests` asks the
// very same code.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "lb/config/config.h"
#include "lb/env/random.h"
#include "lb/http/message.h"
#include "lb/proxy/route_table.h"

namespace lb::proxy {

struct Decision {
  enum class Kind : std::uint8_t {
    Service,
    Answer,   // `route` redirects or responds
    NoRoute,  // 404
    Refused,  // 400: routes look at the path, and servers read this one differently
  };
  Kind kind = Kind::NoRoute;
  std::size_t service = 0;               // of kind Service: its number in the configuration
  const config::Route* route = nullptr;  // null: no route, a domain or the default service; until the next apply()
  // The route's header rules, if it has any: a response, or a trailer, may come after the next apply().
  std::shared_ptr<const config::Headers> rules{};
};

class Router {
 public:
  // `config` has to outlive the next apply().
  void apply(const config::Config& config);

  // Brings the path into one form when a route for its host looks at it, and rewrites it if the route says so. `random`
  // is asked only where a route splits.
  [[nodiscard]] Decision decide(http::RequestHead& head, Random& random);

 private:
  struct Prepared {  // what is made of a route once
    const config::Route* route;
    bool looks_at_path;
    std::vector<std::size_t> services;  // parallel to the route's split
    std::uint64_t weight;               // of all together
    std::shared_ptr<const config::Headers> rules;
  };
  enum class Match : std::uint8_t { None, Found, Ambiguous };

  [[nodiscard]] Match find(http::RequestHead& head, const Prepared*& found);
  [[nodiscard]] const Prepared* firstFor(const http::RequestHead& head, std::string_view path) const;
  [[nodiscard]] Decision take(const Prepared& prepared, http::RequestHead& head, Random& random);
  [[nodiscard]] Decision byDomain(const http::RequestHead& head) const;

  const config::Config* config_ = nullptr;
  std::vector<Prepared> routes_;
  RouteTable table_;
  std::string path_;  // scratch
};

// "*.example.com" and its kind as well. All in lower case.
[[nodiscard]] bool domainMatches(std::string_view domain, std::string_view host);

}  // namespace lb::proxy
