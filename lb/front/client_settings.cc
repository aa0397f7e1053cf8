// See client_settings.h.
#include "lb/front/client_settings.h"

#include <algorithm>

namespace lb::front {

ClientSettings clientSettings(const config::Config& config, std::uint32_t workers) {
  ClientSettings settings;
  settings.timeouts = config.timeouts;
  settings.head = {.bytes_max = config.limits.max_header_bytes,
                   .target_bytes_max = config.limits.max_uri_bytes,
                   .fields_max = config.limits.max_headers};
  settings.body.trailer_bytes_max = config.limits.max_trailer_bytes;
  settings.buffer_high = config.limits.buffer_bytes;
  settings.min_body_rate = config.limits.min_body_rate;
  settings.requests_max = config.limits.max_requests;
  settings.age_max = config.limits.max_connection_age;
  if (config.limits.max_connections > 0) {
    settings.connections_max = std::max(1U, config.limits.max_connections / std::max(1U, workers));
  }
  settings.connections_per_client_max = config.limits.max_connections_per_client;
  settings.abort_on_half_close = config.abort_on_half_close;
  return settings;
}

}  // namespace lb::front
