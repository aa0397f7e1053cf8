// What a client gets of an error of lb's own; `lb --check --tests` asks the same code.
#pragma once

#include <fmt/format.h>

#include <array>
#include <chrono>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "lb/front/reply.h"
#include "lb/http/message.h"
#include "lb/observe/record.h"

namespace lb::proxy {

// What is wrong, where the decision is asked about by `--check --tests` as well.
inline constexpr const char* kNoService = "no service is configured for this host";
inline constexpr const char* kAmbiguousPath = "servers read this path differently, and routes look at it";
inline constexpr const char* kNoHostToRedirectTo = "a redirect needs a host, and the request names none";
inline constexpr const char* kBodyTooLarge = "the request body is larger than this service takes";

struct ErrorReply {
  std::uint16_t status = 0;
  observe::Reason reason = observe::Reason::None;
  std::string_view detail{};  // a sentence for people
  std::string_view request_id{};
  std::chrono::seconds retry_after{1};  // said with 429 and 503 only
};

// Of a request that could not be read.
[[nodiscard]] inline observe::Reason reasonOf(const http::Problem& problem) {
  switch (problem.status) {
    case 408: return observe::Reason::RequestTimeout;
    case 414: return observe::Reason::UriTooLong;
    case 431: return observe::Reason::HeaderTooLarge;
    default: return observe::Reason::BadRequest;
  }
}

// What is forwarded of the methods that servers know (RFC 9110 9.3, RFC 5789); CONNECT is not.
inline constexpr std::string_view kAllowed = "GET, HEAD, POST, PUT, DELETE, OPTIONS, TRACE, PATCH";

// Calls use(reply).
template <class Use>
void withErrorReply(const ErrorReply& error, Use&& use) {
  const std::string proxy_status = fmt::format("lb; error={}", observe::toString(error.reason));
  const std::string retry_after = std::to_string(error.retry_after.count());
  std::array<std::pair<std::string_view, std::string_view>, 3> fields{{
      {"Proxy-Status", proxy_status},
      {"X-Request-Id", error.request_id},
  }};
  std::size_t count = 2;
  if (error.status == 503 || error.status == 429) fields[count++] = {"Retry-After", retry_after};
  if (error.status == 405) fields[count++] = {"Allow", kAllowed};
  const std::string body = fmt::format("{} {}: {}\n", error.status, http::reasonPhrase(error.status), error.detail);
  use(front::Reply{.status = error.status, .body = body, .fields = std::span(fields).first(count)});
}

}  // namespace lb::proxy
