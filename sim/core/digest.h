// The fingerprint of a run: a running 64-bit hash over everything that happened, with checkpoints, so that two runs
// that differ can be compared from the front.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <vector>

#include "lb/env/stream.h"

namespace sim {

enum class Kind : std::uint8_t { Turn, Timer, Task, Packet, Data, Lookup, Accept, Close, Wall };

class Digest {
 public:
  static constexpr std::uint64_t kCheckpointEvents = 1024;

  void note(lb::MonoTime when, Kind kind, std::uint64_t who, std::uint64_t amount = 0);
  void note(lb::MonoTime when, Kind kind, std::uint64_t who, lb::Bytes bytes);

  // Tells about those from the first number on and before the last one, counted from zero, and the hash after each.
  using Watcher = std::function<void(std::uint64_t number, lb::MonoTime when, Kind kind, std::uint64_t who,
                                     std::uint64_t amount, std::uint64_t value)>;
  void watch(std::uint64_t first, std::uint64_t last, Watcher watcher);

  [[nodiscard]] std::uint64_t value() const { return value_; }
  [[nodiscard]] std::uint64_t events() const { return events_; }
  [[nodiscard]] const std::vector<std::uint64_t>& checkpoints() const { return checkpoints_; }

 private:
  void mix(std::uint64_t word);
  void tell(lb::MonoTime when, Kind kind, std::uint64_t who, std::uint64_t amount) const;

  std::uint64_t value_ = 0x243f6a8885a308d3U;
  std::uint64_t events_ = 0;
  std::vector<std::uint64_t> checkpoints_;
  std::uint64_t watch_first_ = std::numeric_limits<std::uint64_t>::max();
  std::uint64_t watch_last_ = 0;
  Watcher watcher_;
};

}  // namespace sim
