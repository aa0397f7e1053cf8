// `proxy:` without its services: listeners, admin, limits and timeouts towards clients, logs, metrics.
#include <fmt/format.h>

#include "lb/config/names.h"
#include "lb/config/sections.h"
#include "lb/config/units.h"
#include "lb/config/words.h"

namespace lb::config {
namespace {

void readListener(const Value& value, Listen& listen) {
  listen.place = value.place();
  value.map([&](Section& section) {
    if (const auto address = section.find("address")) address->parsed(listen.address, parseListenAddress, "an address");
    section.integer("port", listen.port, kListenPort);
  });
}

void readListen(const Value& value, std::vector<Listen>& listeners) {
  listeners.clear();
  if (!value.isList()) {
    readListener(value, listeners.emplace_back());
    return;
  }
  value.list([&](const Value& item) { readListener(item, listeners.emplace_back()); });
  if (value.isEmptyList()) value.error("needs at least one address to listen on");
}

void readAdmin(const Value& value, Admin& admin) {
  admin.place = value.place();
  if (value.is("off") || value.is("false")) {
    admin.enabled = false;
    return;
  }
  if (value.isScalar()) {
    value.error("must be a map or off");
    return;
  }
  value.map([&](Section& section) {
    if (const auto address = section.find("address")) address->parsed(admin.address, parseListenAddress, "an address");
    section.integer("port", admin.port, kAdminPort);
    const auto allow = section.find("allow");
    if (allow && allow->cidrs(admin.allow) && admin.allow.empty()) {
      allow->warn("nobody is allowed: every request to the control plane gets a 403");
    }
  });
}

void readTrustedProxies(const Value& value, std::vector<Cidr>& trusted) {
  if (!value.cidrs(trusted)) return;
  for (const Cidr& network : trusted) {
    if (!network.toString().ends_with("/0")) continue;
    value.warn(network.toString() + " lets every client forge its own address in X-Forwarded-For");
  }
}

void readClientTimeout(Section& section, std::string_view key, Duration& target) {
  const auto value = section.find(key);
  if (!value || !value->duration(target, kTimeout) || target >= kClientTimeoutLikelyMin) return;
  value->warn(fmt::format("{} is hardly enough for any client over a network", formatDuration(target)));
}

void readTimeouts(Section& section, ClientTimeouts& timeouts) {
  readClientTimeout(section, "request_header", timeouts.request_header);
  readClientTimeout(section, "request_body_idle", timeouts.request_body_idle);
  readClientTimeout(section, "client_idle", timeouts.client_idle);
  readClientTimeout(section, "response_idle", timeouts.response_idle);
}

void readLimits(Section& section, ClientLimits& limits) {
  if (const auto value = section.find("max_connections")) value->integerOrAuto(limits.max_connections, kMaxConnections);
  section.size("max_header_bytes", limits.max_header_bytes, kHeaderBytes);
  section.integer("max_headers", limits.max_headers, kMaxHeaders);
  section.size("max_uri_bytes", limits.max_uri_bytes, kHeaderBytes);
  section.size("max_trailer_bytes", limits.max_trailer_bytes, kHeaderBytes);
  section.size("max_response_header_bytes", limits.max_response_header_bytes, kHeaderBytes);
  section.size("buffer_bytes", limits.buffer_bytes, kBufferBytes);
  if (const auto value = section.find("min_body_rate")) value->rate(limits.min_body_rate, kMinBodyRate);
  section.integer("max_requests", limits.max_requests, kMaxClientRequests);
  section.duration("max_connection_age", limits.max_connection_age, kTimeoutOrOff);
  section.integer("max_connections_per_client", limits.max_connections_per_client, kMaxConnectionsPerClient);
}

void readAccessLog(Section& section, AccessLog& access_log) {
  if (const auto path = section.find("path")) path->parsed(access_log.path, parsePath, "a path");
  section.word("format", access_log.format, kLogFormatWords);
}

void readLog(Section& section, Log& log) {
  section.word("level", log.level, kLogLevelWords);
  section.word("format", log.format, kLogFormatWords);
  const auto path = section.find("path");
  if (path && path->parsed(log.path, parsePath, "a path") && log.path == "off") {
    path->error("set `level: off` to log nothing");
  }
}

void readDns(Section& section, Dns& dns) {
  const auto value = section.find("servers");
  if (!value) return;
  std::vector<Address> servers;
  const bool is_list = value->list([&](const Value& item) {
    Address server;
    if (item.parsed(server, parseNameServer, "an address")) servers.push_back(server);
  });
  if (servers.size() > kNameServersMax) {
    value->error(fmt::format("has {} servers, over {}", servers.size(), kNameServersMax));
  }
  if (is_list) dns.servers = std::move(servers);
}

void readBuckets(const Value& value, std::vector<double>& buckets) {
  std::vector<double> bounds;
  const bool is_list = value.list([&](const Value& item) {
    double bound = 0;
    if (!item.decimal(bound, kBucketSeconds)) return;
    if (!bounds.empty() && bound <= bounds.back()) {
      item.error(fmt::format("{} must be over {} before it", formatDecimal(bound), formatDecimal(bounds.back())));
    }
    bounds.push_back(bound);
  });
  if (!is_list) return;
  if (value.isEmptyList()) value.error("needs at least one bound");
  if (bounds.size() > kBucketsMax) value.error(fmt::format("has {} bounds, over {}", bounds.size(), kBucketsMax));
  buckets = std::move(bounds);
}

void readMetrics(Section& section, Metrics& metrics) {
  section.boolean("on_proxy_port", metrics.on_proxy_port);
  section.boolean("backend_histograms", metrics.backend_histograms);
  section.map("buckets", [&](Section& buckets) {
    if (const auto request = buckets.find("request")) readBuckets(*request, metrics.request_buckets);
    if (const auto overhead = buckets.find("overhead")) readBuckets(*overhead, metrics.overhead_buckets);
  });
}

}  // namespace

void readProxy(Section& proxy, Config& config, Marks& marks) {
  if (const auto listen = proxy.find("listen")) readListen(*listen, config.listen);
  if (const auto admin = proxy.find("admin")) readAdmin(*admin, config.admin);
  if (const auto trusted = proxy.find("trusted_proxies")) readTrustedProxies(*trusted, config.trusted_proxies);
  if (const auto threads = proxy.find("threads")) threads->integerOrAuto(config.threads, kThreads);
  proxy.duration("busy_poll", config.busy_poll, kBusyPoll);
  proxy.boolean("abort_on_half_close", config.abort_on_half_close);
  proxy.map("timeouts", [&](Section& section) { readTimeouts(section, config.timeouts); });
  proxy.map("limits", [&](Section& section) {
    marks.limits = section.place();
    readLimits(section, config.limits);
  });
  proxy.map("drain", [&](Section& section) {
    section.duration("delay", config.drain.delay, kDrainDelay);
    section.duration("timeout", config.drain.timeout, kDrainTimeout);
  });
  proxy.map("access_log", [&](Section& section) { readAccessLog(section, config.access_log); });
  proxy.map("log", [&](Section& section) { readLog(section, config.log); });
  proxy.map("metrics", [&](Section& section) { readMetrics(section, config.metrics); });
  proxy.map("dns", [&](Section& section) { readDns(section, config.dns); });
  proxy.map("routing", [&](Section& section) {
    const auto name = section.find("service_parameter");
    if (name && !name->isNull()) name->parsed(config.routing.service_parameter, parseParameterName, "a name");
  });
}

}  // namespace lb::config
