#include "unit/observe/fixtures.h"

#include <utility>

namespace lb::observe {

config::Host host(std::uint16_t port) {
  config::Host host;
  host.address = "127.0.0.1";
  host.port = port;
  return host;
}

config::Service service(std::string name, const std::vector<std::uint16_t>& ports) {
  config::Service service;
  service.name = std::move(name);
  for (const std::uint16_t port : ports) service.hosts.push_back(host(port));
  return service;
}

config::Config configWith(const std::vector<std::string>& services) {
  config::Config config;
  config.metrics.request_buckets = {0.001, 0.01, 0.1};
  config.metrics.overhead_buckets = {1e-5, 1e-4};
  for (const std::string& name : services) config.services.push_back(service(name, {9090, 9091}));
  return config;
}

BuildInfo testBuild() {
  return {"0.1.0", "abc123", "g++ 12"};
}

Record answeredRecord() {
  Record record;
  record.time = {1'767'323'045s + 678'901us};  // 2026-01-02T03:04:05.678901Z
  record.request_id = "4bf92f3577b34da6";
  record.client = {*IpAddress::parse("192.0.2.1"), 4711};
  record.peer = {*IpAddress::parse("198.51.100.200"), 54321};
  record.listener = {*IpAddress::parse("2001:db8:1:2:3:4:5:6"), 8080};
  record.method = http::Method::Get;
  record.method_text = "GET";
  record.host = "my-service.my-company.com";
  record.path = "/path";
  record.service = kServiceName;
  record.backend = kBackendName;
  record.backend_address = {*IpAddress::parse("127.0.0.1"), 9090};
  record.user_agent = "curl/7.88.1";
  record.attempts = 1;
  record.code = 200;
  record.origin = Origin::Backend;
  record.bytes_in = 100;
  record.bytes_out = 1234;
  record.backend_bytes_in = 1200;
  record.backend_bytes_out = 150;
  record.phases = {.total = 2200us,
                   .receive = 10us,
                   .connect = 300us,
                   .send = 80us,
                   .wait = 1910us,
                   .backend_receive = 30us,
                   .response = 40us,
                   .overhead_request = 20us,
                   .overhead_response = 30us};
  return record;
}

Record unroutedRecord() {
  Record record = answeredRecord();
  record.service = "_none";
  record.backend = {};
  record.host = "nope.example";
  record.attempts = 0;
  record.code = 404;
  record.origin = Origin::Proxy;
  record.reason = Reason::NoRoute;
  record.detail = "no service has the domain nope.example";
  record.backend_bytes_in = 0;
  record.backend_bytes_out = 0;
  record.phases = {};
  record.phases.total = 100us;
  record.phases.receive = 10us;
  record.phases.response = 5us;
  return record;
}

}  // namespace lb::observe
