// The authority of a request: host [ ":" port ], as in Host fields and absolute-form targets (RFC 3986 3.2, RFC
// 9110 4.2).
#pragma once

#include <string_view>

namespace lb::http {

struct Authority {
  const char* problem = nullptr;  // null: well formed
  std::string_view host;          // as written, brackets of an IPv6 literal included
};

// Refuses what the generic syntax would allow but nobody needs at a proxy: userinfo, an empty host, IPvFuture and zone
// identifiers. An empty port ("host:") is allowed by the syntax and means the default.
[[nodiscard]] Authority parseAuthority(std::string_view text);

}  // namespace lb::http
