// What Telemetry keeps of one worker. Private to telemetry.cc.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "lb/observe/telemetry.h"

namespace lb::observe {

struct Telemetry::Shard {
  struct Backend {
    std::shared_ptr<BackendStats> stats;
    bool current = false;  // named by the latest configuration
  };
  struct Service {
    std::shared_ptr<ServiceStats> stats;
    bool current = false;
    std::vector<Backend> backends;  // by label, each once
  };

  std::shared_ptr<WorkerStats> worker;  // null until the first configuration
  std::vector<Service> services;

  [[nodiscard]] StatsView apply(const config::Config& config, const Layouts& layouts);
  void release();

 private:
  Service take(std::string_view name, const Layouts& layouts);
  static std::shared_ptr<BackendStats> backendOf(Service& service, const std::string& label, const LayoutPtr& layout);
};

}  // namespace lb::observe
