// What the system knows about this process, for metrics and for sizing at start-up.
#pragma once

#include <cstdint>

#include "lb/env/clock.h"

namespace lb::os {

struct ProcessInfo {
  Duration cpu_time{};  // user and system
  WallTime start_time{};
  std::uint64_t resident_bytes = 0;
  std::uint64_t virtual_bytes = 0;
  std::uint64_t open_fds = 0;
  std::uint64_t max_fds = 0;
  std::uint64_t threads = 0;
};

// Figures that cannot be had are 0.
[[nodiscard]] ProcessInfo readProcessInfo();

// How many threads can really run at once: the smaller of the processors that this process may use and the share that
// its control group (version 1 or 2) grants, at least 1.
[[nodiscard]] unsigned usableThreads();

// Raises the limit of open descriptors as far as allowed and returns it.
std::uint64_t raiseDescriptorLimit();

// For usableThreads and its tests: whole processors granted by `quota_us` of each `period_us`; 0 means no limit.
[[nodiscard]] unsigned processorsOfQuota(std::int64_t quota_us, std::int64_t period_us);

}  // namespace lb::os
