// How many requests at most can have failed in a row at a backend, as the access log tells of their ends. What the log
// cannot tell (who was tried before, what was cut) counts as a failure; only what certainly succeeded ends a row.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "sim/core/world.h"

namespace sim::check {

class FailureRows {
 public:
  struct End {
    std::uint32_t backend = 0;  // of the last attempt
    bool known = false;         // that backend, from the log
    bool good = false;          // certainly
    std::uint64_t attempts = 0;
    MonoTime head{};  // when it came to that backend
    MonoTime now{};
  };
  void add(const std::string& service, std::uint32_t backends, const End& end);
  void forget(const std::string& service, std::uint32_t backend) { rows_.erase({service, backend}); }
  [[nodiscard]] std::uint64_t atMost(const std::string& service, std::uint32_t backend) const;

 private:
  std::map<std::pair<std::string, std::uint32_t>, std::vector<MonoTime>> rows_;
};

}  // namespace sim::check
