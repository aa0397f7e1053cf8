// One service's settings as plain data. Part of config.h; the same rules hold.
#pragma once

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "lb/config/place.h"
#include "lb/config/routes.h"
#include "lb/env/clock.h"
#include "lb/health/check_settings.h"

namespace lb::config {

using namespace std::chrono_literals;

struct Host {
  std::string address;  // a name, or IPv4 or IPv6 without brackets
  std::uint16_t port = 0;
  std::uint32_t weight = 1;  // its share of the load; 0: none of it
  bool backup = false;       // only when no other host can be used
  Place place{};
  [[nodiscard]] bool isAt(const Host& other) const { return address == other.address && port == other.port; }
  [[nodiscard]] std::string label() const;  // "address:port", IPv6 in brackets: metrics, logs, be's answer
  friend bool operator==(const Host&, const Host&) = default;
};

enum class Balance : std::uint8_t { Random, RoundRobin, LeastRequest, P2c, PeakEwma, Hash };

enum class KeySource : std::uint8_t { ClientIp, Header, Cookie, Path };

// Of `balance: hash`: equal keys go to the same backend.
struct Hash {
  KeySource key = KeySource::ClientIp;
  std::string name;                    // of the header or cookie
  std::uint32_t max_load_percent = 0;  // of the mean load, beyond which a backend passes keys on; 0: off
  friend bool operator==(const Hash&, const Hash&) = default;
};

struct SlowStart {
  Duration window = 0s;  // in which a new or recovered backend's share grows to its full; 0: off
  std::uint32_t min_weight_percent = 10;
  friend bool operator==(const SlowStart&, const SlowStart&) = default;
};

// A cookie that leads a client back to the backend that served it first.
struct Sticky {
  std::string cookie;  // "": off
  Duration ttl = 0s;   // 0: until the browser ends
  bool secure = false;
  friend bool operator==(const Sticky&, const Sticky&) = default;
};

struct ServiceTimeouts {
  Duration connect = 2s;           // -> 504
  Duration response_header = 30s;  // request sent to response head -> 504
  Duration response_idle = 60s;    // between bytes of a response, or of a request that the backend does not read
  Duration total = 0s;             // the whole exchange -> 504; 0: off
  Duration tunnel_idle = 1h;       // after an Upgrade
  friend bool operator==(const ServiceTimeouts&, const ServiceTimeouts&) = default;
};

struct Pool {
  std::uint32_t max_idle = 64;     // per backend and worker; 0: no reuse
  Duration idle_timeout = 4s;      // below the 5 s at which common servers close
  std::uint64_t max_requests = 0;  // per connection; 0: off
  Duration max_age = 0s;           // 0: off
  friend bool operator==(const Pool&, const Pool&) = default;
};

// What is tried again, within the limits of what may be (RFC 9110 9.2.2).
struct RetryOn {
  bool connect_failure = true;  // no connection was made
  bool reset = true;            // a connection ended without a byte of an answer
  bool timeout = false;         // per_try_timeout or timeouts.response_header
  std::vector<std::uint16_t> statuses;
  friend bool operator==(const RetryOn&, const RetryOn&) = default;
};

// All retries of a service under way at a time, all workers together: percent of its requests under way, and never
// less than min_concurrency.
struct RetryBudget {
  std::uint32_t percent = 20;
  std::uint32_t min_concurrency = 3;
  friend bool operator==(const RetryBudget&, const RetryBudget&) = default;
};

struct Retry {
  std::uint32_t attempts = 1;  // further attempts, on other backends where there are any; 0: off
  RetryOn on;
  Duration per_try_timeout = 0s;  // an attempt's time to the head of its answer; 0: off
  Duration backoff_base = 25ms;   // before an attempt at a backend that has failed already, full jitter
  Duration backoff_max = 250ms;
  bool idempotency_key = false;          // a request with that field may be repeated whatever its method
  std::uint64_t body_limit = 64 * 1024;  // request body bytes kept to be sent again
  RetryBudget budget;
  friend bool operator==(const Retry&, const Retry&) = default;
};

struct Queue {
  std::uint32_t max = 1024;  // requests of the service that wait for a backend, all workers together -> 503
  Duration timeout = 1s;     // -> 503
  friend bool operator==(const Queue&, const Queue&) = default;
};

// Finds each backend's limit of requests under way by the gradient of its latency.
struct AdaptiveLimit {
  bool enabled = false;
  std::uint32_t min = 3;
  std::uint32_t max = 1000;
  friend bool operator==(const AdaptiveLimit&, const AdaptiveLimit&) = default;
};

struct ServiceLimits {
  std::uint64_t max_body = 0;      // request body -> 413; 0: off
  std::uint32_t max_inflight = 0;  // requests on one backend, all workers together; 0: off
  AdaptiveLimit adaptive;
  Queue queue;
  friend bool operator==(const ServiceLimits&, const ServiceLimits&) = default;
};

enum class RateKey : std::uint8_t { Service, ClientIp, Header };

struct RateLimit {
  double rate = 0;          // requests a second; 0: off
  std::uint32_t burst = 0;  // requests at once; 0: one second's worth
  [[nodiscard]] std::uint32_t allowance() const {
    return burst > 0 ? burst : static_cast<std::uint32_t>(std::max(1.0, std::ceil(rate)));
  }
  RateKey key = RateKey::Service;
  std::string name;  // of the header
  friend bool operator==(const RateLimit& a, const RateLimit& b) {
    return a.rate == b.rate && a.allowance() == b.allowance() && a.key == b.key && a.name == b.name;
  }
};

// Active checks of every backend, by the control side for all workers.
using health::CheckKind;
using health::InitialHealth;
using health::StatusRange;
using HealthCheck = health::CheckSettings;

// Passive health: what the traffic itself says of a backend.
struct Outlier {
  bool enabled = true;
  std::uint32_t consecutive_failures = 5;  // connections not made, resets, timeouts, 502 to 504; 0: off
  std::uint32_t success_percent = 0;       // below which a backend is ejected; 0: off
  Duration window = 5s;                    // over which success and latency are judged
  std::uint32_t min_requests = 20;         // in that window, to judge by
  std::uint32_t latency_factor = 0;        // times the median backend's mean latency; 0: off
  Duration base_ejection = 10s;            // doubled each time in a row, +-20 %
  Duration max_ejection = 5min;
  std::uint32_t max_ejection_percent = 50;  // of the backends, and never the last one
  friend bool operator==(const Outlier&, const Outlier&) = default;
};

struct Service {
  std::string name;                  // [A-Za-z0-9._-]+
  std::vector<std::string> domains;  // lower case; `domain` first, then `domains`; "*.example.com" is a wildcard
  std::vector<Host> hosts;
  Balance balance = Balance::Random;
  Hash hash;
  SlowStart slow_start;
  Sticky sticky;
  HealthCheck health_check;
  Outlier outlier;
  std::uint32_t panic_threshold = 50;  // percent of healthy backends below which all are used; 0: off
  ServiceTimeouts timeouts;
  Pool pool;
  Retry retry;
  ServiceLimits limits;
  RateLimit rate_limit;
  Headers headers;
  Place place{};
  friend bool operator==(const Service&, const Service&) = default;
};

}  // namespace lb::config
