// What a run is found guilty of.
#pragma once

#include <cstdint>
#include <string>

#include "sim/core/world.h"

namespace sim::check {

enum class Class : std::uint8_t { None, Safety, Liveness };

struct Violation {
  Class kind = Class::None;
  std::string invariant;  // "safety.one_answer"
  std::string what;
  std::uint64_t request = 0;  // its id; 0: no single one
  std::string expected;       // bytes, where bytes differ
  std::string seen;
  MonoTime when{};
  std::uint64_t event = 0;
};

}  // namespace sim::check
