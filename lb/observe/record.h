// What is known of one exchange once it is over. The access log, the metrics and the recorder all read this one record.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "lb/base/address.h"
#include "lb/env/clock.h"
#include "lb/http/message.h"

namespace lb::observe {

// Why the proxy answered by itself, or why the exchange was cut. Fixed words: a metric label, the access log's `reason`
// and the error of Proxy-Status (RFC 9209).
enum class Reason : std::uint8_t {
  None,
  NoRoute,             // 404
  BadRequest,          // 400, 405, 501, 505
  UriTooLong,          // 414
  HeaderTooLarge,      // 431
  BodyTooLarge,        // 413
  RequestTimeout,      // 408
  NoHealthyBackend,    // 503: no address to send to, or nobody that can be used
  Overloaded,          // 503: out of descriptors, or beyond limits.adaptive
  ConnectFailed,       // 502
  ConnectTimeout,      // 504
  BackendClosed,       // 502
  BadBackendResponse,  // 502
  BackendTimeout,      // 504
  Draining,            // 503
  Internal,            // 500
  RateLimited,         // 429
  QueueFull,           // 503: every backend is busy, and as many wait as may
  QueueTimeout,        // 503: none had room in time
  Redirect,            // of a route: 301, 302, 303, 307 or 308
  FixedResponse,       // of a route: whatever it says
};
inline constexpr std::size_t kReasonCount = 21;
[[nodiscard]] std::string_view toString(Reason reason);  // "no_route", ...

enum class Origin : std::uint8_t { Backend, Proxy };
[[nodiscard]] std::string_view toString(Origin origin);
inline constexpr std::uint16_t kClientGone = 499;  // the code of an exchange whose client went before its end
// When the client went away, if it did.
enum class AbortPhase : std::uint8_t { None, Request, Wait, Response };
[[nodiscard]] std::string_view toString(AbortPhase phase);

// How one attempt at a backend ended.
enum class AttemptResult : std::uint8_t { Ok, Http5xx, ConnectError, Timeout, Reset, ProtocolError, Cancelled };
inline constexpr std::size_t kAttemptResultCount = 7;
[[nodiscard]] std::string_view toString(AttemptResult result);

// Why a request was sent again, and why it was not although a further attempt was wanted.
enum class RetryReason : std::uint8_t { StaleConnection, ConnectFailure, Reset, Timeout, Status };
inline constexpr std::size_t kRetryReasonCount = 5;
[[nodiscard]] std::string_view toString(RetryReason reason);
enum class RetryDenial : std::uint8_t { Budget, NotIdempotent, BodyTooLarge, Deadline, NoHost, Exhausted };
inline constexpr std::size_t kRetryDenialCount = 6;
[[nodiscard]] std::string_view toString(RetryDenial denial);

// Phases of the latency SLIs; Duration::min() (kUnknown) where a phase did not happen.
inline constexpr Duration kUnknown = Duration::min();
struct Phases {
  Duration total = kUnknown;            // client's first byte read -> last response byte written
  Duration receive = kUnknown;          // client's first byte -> last byte of the request
  Duration queue = kUnknown;            // waiting for a backend with room
  Duration connect = kUnknown;          // new connections only
  Duration send = kUnknown;             // first -> last byte to the backend
  Duration wait = kUnknown;             // last byte sent -> first response byte
  Duration backend_receive = kUnknown;  // first -> last byte from the backend
  Duration response = kUnknown;         // first -> last byte to the client
  // Head complete -> first byte to the backend, less queue, connect and earlier attempts.
  Duration overhead_request = kUnknown;
  Duration overhead_response = kUnknown;  // backend's first byte read -> client's first byte written
};
// Both directions together, of what is known of them.
[[nodiscard]] Duration overheadOf(const Phases& phases);

struct Record {
  WallTime time{};  // when the exchange ended
  std::string_view request_id;
  Address client;  // after trusted_proxies
  Address peer;    // the connection's other end
  Address listener;
  http::Method method = http::Method::Other;
  std::string_view method_text;
  http::Version version = http::Version::Http11;
  std::string_view host;
  std::string_view path;     // without query
  std::string_view service;  // "_none" when unmatched
  std::string_view backend;  // as configured; "" when none was chosen
  Address backend_address;   // of that one: a name may stand for many
  std::string_view user_agent;
  std::string_view detail;  // a sentence for humans about `reason`
  std::uint32_t attempts = 0;
  std::optional<RetryReason> retry_reason{};  // of the last attempt, if it is not the first
  std::optional<RetryDenial> retry_denied{};  // why none followed the last, if one was wanted
  std::uint16_t code = 0;                     // 499 when the client went before an answer
  Origin origin = Origin::Proxy;
  Reason reason = Reason::None;
  AbortPhase aborted = AbortPhase::None;
  bool backend_broke = false;  // the response was cut by the backend after its head had been passed on
  bool conn_reused = false;
  std::uint64_t bytes_in = 0;           // from the client, heads included
  std::uint64_t bytes_out = 0;          // to the client
  std::uint64_t backend_bytes_in = 0;   // from the backend
  std::uint64_t backend_bytes_out = 0;  // to the backend
  Phases phases;
};

}  // namespace lb::observe
