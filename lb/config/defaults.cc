#include "lb/config/defaults.h"

#include "lb/base/check.h"

namespace lb::config {
namespace {

Cidr network(std::string_view text) {
  const std::optional<Cidr> cidr = Cidr::parse(text);
  LB_CHECK(cidr.has_value());
  return *cidr;
}

}  // namespace

Config defaultConfig() {
  Config config;
  config.listen = {Listen{}};
  config.admin.allow = {network("127.0.0.0/8"), network("::1/128")};
  config.metrics.request_buckets = {0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30};
  config.metrics.overhead_buckets = {1e-5, 2.5e-5, 5e-5, 1e-4, 2.5e-4, 5e-4, 1e-3, 2.5e-3, 5e-3, 1e-2, 5e-2, 0.1, 1};
  return config;
}

}  // namespace lb::config
