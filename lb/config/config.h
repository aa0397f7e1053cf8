// The configuration as plain data, every field with its default. Parsed once (parse.h), checked once (validate.h), then
// shared read-only by all workers. Durations of zero and limits of zero mean "off" where the comment says so.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "lb/base/address.h"
#include "lb/base/log.h"
#include "lb/config/place.h"
#include "lb/config/routes.h"
#include "lb/config/service.h"
#include "lb/env/clock.h"

namespace lb::config {

struct Listen {
  std::string address;  // "" is every interface, both families
  std::uint16_t port = 8080;
  Place place{};
  friend bool operator==(const Listen&, const Listen&) = default;
};

struct Admin {
  bool enabled = true;  // `admin: off` turns the control plane off
  std::string address = "127.0.0.1";
  std::uint16_t port = 9100;
  std::vector<Cidr> allow;  // default 127.0.0.0/8 and ::1/128, filled by the parser
  Place place{};
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
  std::uint64_t min_body_rate = 240;             // bytes a second, averaged over request_body_idle -> 408; 0: off
  std::uint32_t max_requests = 10'000;           // per client connection; 0: off
  Duration max_connection_age = 1h;              // 0: off
  std::uint32_t max_connections_per_client = 0;  // of one address, all workers together; 0: off
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

struct Dns {
  std::vector<Address> servers;  // who is asked for the addresses of names; empty: those of this machine's resolv.conf
  friend bool operator==(const Dns&, const Dns&) = default;
};

struct Routing {
  std::string service_parameter;  // a development aid: ?s=<domain> stands in for the host; "": off
  friend bool operator==(const Routing&, const Routing&) = default;
};

struct Config {
  std::vector<Listen> listen;  // at least one
  Admin admin;
  std::vector<Cidr> trusted_proxies;  // whose X-Forwarded-* and X-Request-Id are believed
  std::uint32_t threads = 0;          // 0: auto
  Duration busy_poll{};               // how long a worker looks for more before it sleeps; 0: not at all
  bool abort_on_half_close = false;   // a client's FIN while it waits: false serves it, true counts it as gone
  ClientTimeouts timeouts;
  ClientLimits limits;
  Drain drain;
  AccessLog access_log;
  Log log;
  Metrics metrics;
  Dns dns;
  Routing routing;
  std::string default_service;  // "": a generated 404
  std::vector<Route> routes;    // in order, the first that matches wins; before the services' own domains
  std::vector<Service> services;
  friend bool operator==(const Config&, const Config&) = default;
};

}  // namespace lb::config
