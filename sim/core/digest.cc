// See digest.h.
#include "sim/core/digest.h"

#include <algorithm>

namespace sim {

void Digest::mix(std::uint64_t word) {
  value_ = (value_ ^ word) * 0x9fb21c651e98df25U;
  value_ ^= value_ >> 32;
}

void Digest::note(lb::MonoTime when, Kind kind, std::uint64_t who, std::uint64_t amount) {
  mix(static_cast<std::uint64_t>(when.since_start.count()));
  mix((who << 8) | static_cast<std::uint64_t>(kind));
  mix(amount);
  if (++events_ % kCheckpointEvents == 0) checkpoints_.push_back(value_);
}

void Digest::note(lb::MonoTime when, Kind kind, std::uint64_t who, std::span<const std::byte> bytes) {
  for (std::size_t at = 0; at < bytes.size(); at += 8) {
    std::uint64_t word = 0;
    const std::size_t end = std::min(bytes.size(), at + 8);
    for (std::size_t i = at; i < end; ++i) word = (word << 8) | std::to_integer<std::uint64_t>(bytes[i]);
    mix(word);
  }
  note(when, kind, who, bytes.size());
}

}  // namespace sim
