// `lb --check --tests routes.yaml`: a table of requests and of what has to become of each.
#pragma once

#include <string_view>
#include <vector>

#include "lb/config/parse.h"

namespace lb::check {

struct RouteTests {
  std::size_t count = 0;
  // Each expectation that does not hold, and each mistake in the file of tests itself, where it stands there.
  std::vector<config::Issue> failures;
};

[[nodiscard]] RouteTests runRouteTests(const config::Config& config, std::string_view yaml);

}  // namespace lb::check
