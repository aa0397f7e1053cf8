// The configuration as plain data, every field with its default. Parsed once (parse.h), checked once (validate.h), then
// shared read-only by all workers. Durations of zero and limits of zero mean "off" where the comment says so.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "lb/base/address.h"
#include "lb/base/log.h"
#include "lb/env/clock.h"

namespace lb::config {

using namespace std::chrono_literals;

// Where a value stands in the file, for messages; line 0: it is a default.
struct Place {
  int line = 0;
  int column = 0;
  // Two configurations that mean the same are equal wherever their values stand in the file.
  friend constexpr bool operator==(const Place&, const Place&) { return true; }
};

struct Listen {
  std::string address;  // "" is every interface, both families
  std::uint16_t port = 8080;
  Place place;
  friend bool operator==(const Listen&, const Listen&) = default;
};

struct Admin {
  bool enabled = true;  // `admin: off` turns the control plane off
  std::string address = "127.0.0.1";
  std::uint16_t port = 9100;
  std::vector<Cidr> allow;  // default 127.0.0.0/8 and ::1/128, filled by the parser
  Place place;
  friend bool operator==(const Admin&, const Admin&) = default;
};

struct ClientTimeouts {
  Duration request_header = 10s;     // first byte of a head to its end -> 408
  Duration request_body_idle = 30s;  // between bytes of a body -> 408; also the window of limits.min_body_rate
  Duration client_idle = 75s;        // keep-alive
  Duration response_idle = 60s;      // a client that does not read
  friend bool operator==(const ClientTimeouts&, const ClientTimeouts&) = default;
};

struct ClientLimits {
  std::uint32_t max_connections = 0;           // all workers together; 0: auto, 80 % of half the descriptor limit
  std::uint64_t max_header_bytes = 32 * 1024;  // -> 431
  std::uint32_t max_headers = 100;             // -> 431
  std::uint64_t max_uri_bytes = 8 * 1024;      // -> 414
  std::uint64_t max_trailer_bytes = 8 * 1024;
  std::uint64_t max_response_header_bytes = 64 * 1024;  // of a backend -> 502
  std::uint64_t buffer_bytes = 64 * 1024;               // high mark of bytes waiting in each direction
  std::uint64_t min_body_rate = 240;    // bytes a second, averaged over request_body_idle -> 408; 0: off
  std::uint32_t max_requests = 10'000;  // per client connection; 0: off
  Duration max_connection_age = 1h;     // 0: off
  friend bool operator==(const ClientLimits&, const ClientLimits&) = default;
};

struct Drain {
  Duration delay = 0s;     // keep serving while /readyz says no, so that load balancers in front notice
  Duration timeout = 30s;  // then this long for what is in flight
  friend bool operator==(const Drain&, const Drain&) = default;
};

enum class LogFormat : std::uint8_t { Text, Json };

struct AccessLog {
  std::string path = "stdout";  // stdout, stderr, off or a file
  LogFormat format = LogFormat::Text;
  friend bool operator==(const AccessLog&, const AccessLog&) = default;
};

struct Log {
  LogLevel level = LogLevel::Info;
  LogFormat format = LogFormat::Text;
  std::string path = "stderr";  // stderr, stdout or a file
  friend bool operator==(const Log&, const Log&) = default;
};

struct Metrics {
  bool on_proxy_port = false;  // the original's /metrics on the traffic port; shadows the backends' own
  bool backend_histograms = true;
  std::vector<double> request_buckets;  // seconds, ascending; defaults filled by the parser
  std::vector<double> overhead_buckets;
  friend bool operator==(const Metrics&, const Metrics&) = default;
};

struct Routing {
  std::string service_parameter;  // a development aid: ?s=<domain> stands in for the host; "": off
  friend bool operator==(const Routing&, const Routing&) = default;
};

enum class Balance : std::uint8_t { Random, RoundRobin };

struct Host {
  std::string address;  // a name, or IPv4 or IPv6 without brackets
  std::uint16_t port = 0;
  Place place;
  [[nodiscard]] std::string label() const;  // "address:port", IPv6 in brackets: metrics, logs, be's answer
  friend bool operator==(const Host&, const Host&) = default;
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

struct Retry {
  std::uint32_t attempts = 1;            // further backends to try when a connection cannot be made; 0: off
  std::uint64_t body_limit = 64 * 1024;  // request body bytes kept to be sent again
  friend bool operator==(const Retry&, const Retry&) = default;
};

struct ServiceLimits {
  std::uint64_t max_body = 0;  // request body -> 413; 0: off
  friend bool operator==(const ServiceLimits&, const ServiceLimits&) = default;
};

struct Service {
  std::string name;                  // [A-Za-z0-9._-]+
  std::vector<std::string> domains;  // lower case; `domain` first, then `domains`; "*.example.com" is a wildcard
  std::vector<Host> hosts;
  Balance balance = Balance::Random;
  ServiceTimeouts timeouts;
  Pool pool;
  Retry retry;
  ServiceLimits limits;
  Place place;
  friend bool operator==(const Service&, const Service&) = default;
};

struct Config {
  std::vector<Listen> listen;  // at least one
  Admin admin;
  std::vector<Cidr> trusted_proxies;  // whose X-Forwarded-* and X-Request-Id are believed
  std::uint32_t threads = 0;          // 0: auto
  bool abort_on_half_close = false;   // a client's FIN while it waits: false serves it, true counts it as gone
  ClientTimeouts timeouts;
  ClientLimits limits;
  Drain drain;
  AccessLog access_log;
  Log log;
  Metrics metrics;
  Routing routing;
  std::string default_service;  // "": a generated 404
  std::vector<Service> services;
  friend bool operator==(const Config&, const Config&) = default;
};

}  // namespace lb::config
