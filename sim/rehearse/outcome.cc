// See outcome.h.
#include "sim/rehearse/outcome.h"

#include <algorithm>

namespace sim::rehearse {

std::uint8_t Result::causeOf(const std::string& text) {
  constexpr std::size_t kCausesMax = 250;  // there are some 30; an odd one more is counted with the last
  const auto found = std::ranges::find(causes, text);
  if (found != causes.end()) return static_cast<std::uint8_t>(found - causes.begin());
  if (causes.size() < kCausesMax) causes.push_back(text);
  return static_cast<std::uint8_t>(causes.size() - 1);
}

}  // namespace sim::rehearse
