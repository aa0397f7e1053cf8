#include "lb/http/forbidden_trailers.h"

#include <algorithm>
#include <array>

#include "lb/http/message.h"

namespace lb::http {
namespace {

// Whoever merges trailers into the header section must not be led to another framing, route, identity, cache decision
// or reading of the content. By purpose, not by alphabet.
constexpr auto kForbidden = std::to_array<std::string_view>({
    // framing and connection
    "connection",
    "content-length",
    "keep-alive",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    // routing
    "forwarded",
    "host",
    "max-forwards",
    "via",
    "x-real-ip",
    "x-request-id",
    // authentication and state
    "authentication-info",
    "authorization",
    "cookie",
    "proxy-authenticate",
    "proxy-authentication-info",
    "proxy-authorization",
    "set-cookie",
    "www-authenticate",
    // request modifiers
    "cache-control",
    "expect",
    "if-match",
    "if-modified-since",
    "if-none-match",
    "if-range",
    "if-unmodified-since",
    "pragma",
    "range",
    // response control data
    "age",
    "date",
    "expires",
    "location",
    "retry-after",
    "vary",
    "warning",
    // how to process the content
    "content-encoding",
    "content-location",
    "content-range",
    "content-type",
});

}  // namespace

bool isForbiddenTrailer(std::string_view name) {
  constexpr std::string_view kForwarded = "x-forwarded-";  // -For, -Host, -Proto, and what else frameworks believe
  if (equalsIgnoreCase(name.substr(0, kForwarded.size()), kForwarded)) return true;
  return std::ranges::any_of(kForbidden, [name](std::string_view one) { return equalsIgnoreCase(one, name); });
}

}  // namespace lb::http
