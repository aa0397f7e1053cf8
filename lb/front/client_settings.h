// What a server connection needs to know of the configuration. The owner of the connections keeps one instance and
// updates it in place when the configuration changes; connections read it as they go.
#pragma once

#include "lb/config/config.h"
#include "lb/http/body_decoder.h"
#include "lb/http/head_parser.h"

namespace lb::front {

struct ClientSettings {
  config::ClientTimeouts timeouts;
  http::HeadLimits head;
  http::BodyLimits body;
  std::size_t buffer_high = 64 * 1024;
  std::uint64_t min_body_rate = 240;
  std::uint32_t requests_max = 10'000;
  Duration age_max{};
  std::uint32_t connections_max = 0;             // of this worker; 0: off
  std::uint32_t connections_per_client_max = 0;  // of one address, all workers together; 0: off
  bool abort_on_half_close = false;
};

// `workers` share the connection limit.
[[nodiscard]] ClientSettings clientSettings(const config::Config& config, std::uint32_t workers);

}  // namespace lb::front
