// The fixed words of records: they stand in metrics, access logs and Proxy-Status, so they never change lightly.
#include "lb/observe/record.h"

#include <array>

#include "lb/base/check.h"

namespace lb::observe {
namespace {

constexpr std::array<std::string_view, kReasonCount> kReasons{
    "none",
    "no_route",
    "bad_request",
    "uri_too_long",
    "header_too_large",
    "body_too_large",
    "request_timeout",
    "no_healthy_backend",
    "overloaded",
    "connect_failed",
    "connect_timeout",
    "backend_closed",
    "bad_backend_response",
    "backend_timeout",
    "draining",
    "internal",
    "rate_limited",
    "queue_full",
    "queue_timeout",
    "redirect",
    "fixed_response",
};
constexpr std::array<std::string_view, 2> kOrigins{"backend", "proxy"};
constexpr std::array<std::string_view, 4> kAbortPhases{"none", "request", "wait", "response"};
constexpr std::array<std::string_view, kAttemptResultCount> kAttemptResults{
    "ok", "http_5xx", "connect_error", "timeout", "reset", "protocol_error", "cancelled",
};

constexpr std::array<std::string_view, kRetryReasonCount> kRetryReasons{
    "stale_connection", "connect_failure", "reset", "timeout", "status",
};
constexpr std::array<std::string_view, kRetryDenialCount> kRetryDenials{
    "budget", "not_idempotent", "body_too_large", "deadline", "no_host", "exhausted",
};

template <class Enum, std::size_t kSize>
std::string_view word(const std::array<std::string_view, kSize>& words, Enum value) {
  const auto index = static_cast<std::size_t>(value);
  LB_CHECK(index < kSize);
  return words[index];
}

}  // namespace

std::string_view toString(Reason reason) {
  return word(kReasons, reason);
}
std::string_view toString(Origin origin) {
  return word(kOrigins, origin);
}
std::string_view toString(AbortPhase phase) {
  return word(kAbortPhases, phase);
}
std::string_view toString(AttemptResult result) {
  return word(kAttemptResults, result);
}
std::string_view toString(RetryReason reason) {
  return word(kRetryReasons, reason);
}
std::string_view toString(RetryDenial denial) {
  return word(kRetryDenials, denial);
}

}  // namespace lb::observe
