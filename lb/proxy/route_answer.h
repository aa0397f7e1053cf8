// What a route says by itself: a redirect or a fixed response.
#pragma once

#include <array>
#include <optional>
#include <span>
#include <string>
#include <utility>

#include "lb/config/routes.h"
#include "lb/front/reply.h"
#include "lb/http/message.h"
#include "lb/observe/record.h"
#include "lb/proxy/header_rules.h"

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

// Calls use(reply) with what the client gets of it. Not an error, so without the Proxy-Status of one.
template <class Use>
void withReply(const RouteAnswer& own, const config::Route& route, std::string_view request_id, Use&& use) {
  const std::array<std::pair<std::string_view, std::string_view>, 2> fields{{
      {"X-Request-Id", request_id},
      {"Location", own.location},
  }};
  use(front::Reply{.status = own.status,
                   .content_type = own.content_type,
                   .body = own.body,
                   .fields = std::span(fields).first(own.location.empty() ? 1 : 2),
                   .edit = [&route](http::Fields& list) { applyRules(route.headers.response, list); }});
}

}  // namespace lb::proxy
