// What of the requests that one route takes another one would take, too.
#pragma once

#include "lb/config/routes.h"

namespace lb::config {

// Each: does `wide` hold for all that `narrow` holds for?
[[nodiscard]] bool covers(const RouteMatch& wide, const RouteMatch& narrow);
[[nodiscard]] bool coversUrl(const RouteMatch& wide, const RouteMatch& narrow);  // host and path alone

}  // namespace lb::config
