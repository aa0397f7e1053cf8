// What a route says by itself: a redirect or a fixed response.
#pragma once

#include <optional>
#include <string>

#include "lb/config/routes.h"
#include "lb/http/message.h"
#include "lb/observe/record.h"

namespace lb::proxy {

struct RouteAnswer {
  std::uint16_t status;
  observe::Reason reason;
  std::string_view content_type;  // of the route, as long as that lives
  std::string body;
  std::string location;  // "": none
};

// REQUIRES: the route redirects or responds, and `head` has its path rewritten already. Nothing when a redirect needs a
// host and the request (HTTP/1.0) has none.
//
// What a redirect leaves open is as it came; a scheme without a host takes the request's host without its port, which
// belongs to the other scheme.
[[nodiscard]] std::optional<RouteAnswer> answerOf(const config::Route& route, const http::RequestHead& head);

}  // namespace lb::proxy
