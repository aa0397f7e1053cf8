// What the metrics show of backends' health: plain data, filled by whoever knows (lb/monitor).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lb::observe {

using CountsByWord = std::vector<std::pair<std::string_view, std::uint64_t>>;

struct BackendHealthView {
  std::string service;
  std::string backend;  // as configured: a name may stand for several addresses
  std::string address;
  bool up = false;  // nothing speaks against it
  bool ejected = false;
  CountsByWord checks, ejections, changes;
};

struct ServiceHealthView {
  std::string service;
  bool panic = false;
  std::uint32_t healthy = 0;
};

struct HealthView {
  std::vector<ServiceHealthView> services;
  std::vector<BackendHealthView> backends;
};

}  // namespace lb::observe
