// Planned requests and answers as the bytes that go over the wire.
#pragma once

#include <string>

#include "sim/plan/scenario.h"

namespace sim::actor {

struct WireText {
  std::string bytes;
  std::size_t head_size = 0;
};

[[nodiscard]] WireText requestText(const plan::Request& request);
[[nodiscard]] WireText answerText(const plan::Request& request);

}  // namespace sim::actor
