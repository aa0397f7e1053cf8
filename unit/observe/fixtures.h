// Configurations, records and times that several tests of this folder use.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lb/config/config.h"
#include "lb/observe/record.h"
#include "lb/observe/telemetry.h"

namespace lb::observe {

using namespace std::chrono_literals;

inline MonoTime at(Duration since_start) {
  return {since_start};
}

inline constexpr const char* kServiceName = "my-service";
inline constexpr const char* kBackendName = "127.0.0.1:9090";

[[nodiscard]] config::Host host(std::uint16_t port);
[[nodiscard]] config::Service service(std::string name, const std::vector<std::uint16_t>& ports);
// The service names given, each with the backends 127.0.0.1:9090 and :9091, and short bucket lists.
[[nodiscard]] config::Config configWith(const std::vector<std::string>& services);

[[nodiscard]] BuildInfo testBuild();

// A request that a backend answered with 200; every phase is known.
[[nodiscard]] Record answeredRecord();
// A request that the proxy answered with 404 no_route.
[[nodiscard]] Record unroutedRecord();

}  // namespace lb::observe
