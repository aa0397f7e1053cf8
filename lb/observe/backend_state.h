// What is known of one host of a service at the time of a scrape, of all workers and all its addresses together.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace lb::observe {

struct BackendState {
  std::string service;
  std::string label;  // "127.0.0.1:9090", as configured
  double weight = 0;  // the share that it is to get; of a host with several addresses, of all of them
  std::optional<std::uint64_t> concurrency_limit{};  // that limits.adaptive has found, of all addresses; if it is on
  std::optional<double> latency_seconds{};           // the average that its policy goes by, if it does
};

using BackendStates = std::function<std::vector<BackendState>()>;

}  // namespace lb::observe
