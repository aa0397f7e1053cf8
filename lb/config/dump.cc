// The effective configuration in the file's own syntax. Written by hand rather than by yaml-cpp's emitter: the
// comments, the order and the one-line hosts are what makes it worth reading.
#include <fmt/format.h>

#include "lb/config/dump_parts.h"
#include "lb/config/parse.h"
#include "lb/config/units.h"
#include "lb/config/words.h"

namespace lb::config {
namespace {

std::string cidrText(const Cidr& cidr) {
  return text(cidr.toString());
}

void writeListeners(Writer& out, const Config& config) {
  out.comment("Where clients connect; an empty address is every interface.");
  out.open("listen");
  for (const Listen& listen : config.listen) {
    out.item(fmt::format("{{address: {}, port: {}}}", text(listen.address), listen.port));
  }
  out.close();
  out.comment("The control plane: metrics, probes, this text. Only for the networks in `allow`.");
  if (config.admin.enabled) {
    out.open("admin");
    out.set("address", text(config.admin.address));
    out.set("port", std::uint64_t{config.admin.port});
    out.list("allow", config.admin.allow, cidrText);
    out.close();
  } else {
    out.set("admin", "off");
  }
  out.comment("Whose X-Forwarded-* and X-Request-Id are believed.");
  out.list("trusted_proxies", config.trusted_proxies, cidrText);
}

void writeClients(Writer& out, const Config& config) {
  out.comment("Worker threads, how long each looks for more work before it sleeps, and whether a client that stops");
  out.comment("sending while it waits is taken for gone.");
  out.autoOr("threads", config.threads);
  out.set("busy_poll", config.busy_poll);
  out.set("abort_on_half_close", config.abort_on_half_close);
  out.comment("How long clients may take.");
  out.open("timeouts");
  out.set("request_header", config.timeouts.request_header);
  out.set("request_body_idle", config.timeouts.request_body_idle);
  out.set("client_idle", config.timeouts.client_idle);
  out.set("response_idle", config.timeouts.response_idle);
  out.close();
  out.comment("How much they may send, and what one connection may hold.");
  const ClientLimits& limits = config.limits;
  out.open("limits");
  out.autoOr("max_connections", limits.max_connections);
  out.size("max_header_bytes", limits.max_header_bytes);
  out.set("max_headers", std::uint64_t{limits.max_headers});
  out.size("max_uri_bytes", limits.max_uri_bytes);
  out.size("max_trailer_bytes", limits.max_trailer_bytes);
  out.size("max_response_header_bytes", limits.max_response_header_bytes);
  out.size("buffer_bytes", limits.buffer_bytes);
  out.set("min_body_rate", formatRate(limits.min_body_rate));
  out.set("max_requests", std::uint64_t{limits.max_requests});
  out.set("max_connection_age", limits.max_connection_age);
  out.set("max_connections_per_client", std::uint64_t{limits.max_connections_per_client});
  out.close();
  out.comment("The end: keep serving for `delay`, then finish what is in flight within `timeout`.");
  out.open("drain");
  out.set("delay", config.drain.delay);
  out.set("timeout", config.drain.timeout);
  out.close();
}

void writeTelemetry(Writer& out, const Config& config) {
  out.comment("One line for each request.");
  out.open("access_log");
  out.set("path", text(config.access_log.path));
  out.set("format", wordOf(config.access_log.format, kLogFormatWords));
  out.close();
  out.comment("The program's own messages.");
  out.open("log");
  out.set("level", wordOf(config.log.level, kLogLevelWords));
  out.set("format", wordOf(config.log.format, kLogFormatWords));
  out.set("path", text(config.log.path));
  out.close();
  out.comment("Who is asked for the addresses of names; nobody here: those of resolv.conf.");
  out.open("dns");
  out.list("servers", config.dns.servers, [](const Address& server) { return text(server.toString()); });
  out.close();
  out.comment("Prometheus metrics; the bounds of histograms are in seconds.");
  out.open("metrics");
  out.set("on_proxy_port", config.metrics.on_proxy_port);
  out.set("backend_histograms", config.metrics.backend_histograms);
  out.open("buckets");
  out.list("request", config.metrics.request_buckets, formatDecimal);
  out.list("overhead", config.metrics.overhead_buckets, formatDecimal);
  out.close();
  out.close();
}

void writeService(Writer& out, const Service& service) {
  out.item("name: " + text(service.name));
  out.nest();
  if (!service.domains.empty()) out.set("domain", text(service.domains.front()));
  const std::size_t first = service.domains.empty() ? 0 : 1;
  out.list("domains", std::vector(service.domains.begin() + static_cast<std::ptrdiff_t>(first), service.domains.end()),
           text);
  out.open("hosts");
  for (const Host& host : service.hosts) {
    out.item(fmt::format("{{address: {}, port: {}, weight: {}, backup: {}}}", text(host.address), host.port,
                         host.weight, host.backup));
  }
  out.close();
  writeBalance(out, service);
  out.open("timeouts");
  out.set("connect", service.timeouts.connect);
  out.set("response_header", service.timeouts.response_header);
  out.set("response_idle", service.timeouts.response_idle);
  out.set("total", service.timeouts.total);
  out.set("tunnel_idle", service.timeouts.tunnel_idle);
  out.close();
  out.open("pool");
  out.set("max_idle", std::uint64_t{service.pool.max_idle});
  out.set("idle_timeout", service.pool.idle_timeout);
  out.set("max_requests", service.pool.max_requests);
  out.set("max_age", service.pool.max_age);
  out.close();
  writeRetry(out, service.retry);
  writeServiceLimits(out, service.limits);
  writeRateLimit(out, service.rate_limit);
  writeHealth(out, service);
  writeHeaders(out, service.headers);
  out.close();
}

}  // namespace

std::string dump(const Config& config) {
  Writer out;
  out.comment("The effective configuration: every key, with what services inherit from `defaults` filled in.");
  out.open("proxy");
  writeListeners(out, config);
  writeClients(out, config);
  writeTelemetry(out, config);
  out.comment("A development aid: this parameter of the URL stands in for the host.");
  out.open("routing");
  out.set("service_parameter", text(config.routing.service_parameter));
  out.close();
  writeRoutes(out, config.routes);
  out.comment("Who serves hosts that no service names; null answers 404.");
  out.set("default_service", config.default_service.empty() ? "null" : text(config.default_service));
  out.comment("Which backends serve which domains, and how.");
  out.open("services");
  for (const Service& service : config.services) writeService(out, service);
  out.close();
  return out.take();
}

}  // namespace lb::config
