// See digest.h.
#include "sim/core/digest.h"

#include <array>
#include <bit>
#include <cstring>
#include <utility>

namespace sim {
namespace {

constexpr std::uint64_t kFactor = 0x9fb21c651e98df25U;

std::uint64_t mixed(std::uint64_t value, std::uint64_t word) {
  value = (value ^ word) * kFactor;
  return value ^ (value >> 32);
}

// The same on every machine, whatever its byte order.
std::uint64_t load(lb::Bytes bytes) {
  std::uint64_t word = 0;
  std::memcpy(&word, bytes.data(), bytes.size());
  return std::endian::native == std::endian::little ? word : std::byteswap(word);
}

}  // namespace

void Digest::note(lb::MonoTime when, Kind kind, std::uint64_t who, std::uint64_t amount) {
  mix(static_cast<std::uint64_t>(when.since_start.count()));
  mix((who << 8) | static_cast<std::uint64_t>(kind));
  mix(amount);
  if (++events_ % kCheckpointEvents == 0) checkpoints_.push_back(value_);
  if (events_ > watch_first_) [[unlikely]]
    tell(when, kind, who, amount);
}

void Digest::watch(std::uint64_t first, std::uint64_t last, Watcher watcher) {
  watch_first_ = first;
  watch_last_ = last;
  watcher_ = std::move(watcher);
}

void Digest::tell(lb::MonoTime when, Kind kind, std::uint64_t who, std::uint64_t amount) const {
  if (events_ <= watch_last_) watcher_(events_ - 1, when, kind, who, amount, value_);
}

void Digest::mix(std::uint64_t word) {
  value_ = mixed(value_, word);
}

// Four words at a time where there are many: a chain of multiplications would wait for each.
void Digest::note(lb::MonoTime when, Kind kind, std::uint64_t who, lb::Bytes bytes) {
  constexpr std::size_t kWord = sizeof(std::uint64_t);
  std::array<std::uint64_t, 4> lanes{1, 2, 3, 4};
  lb::Bytes rest = bytes;
  while (rest.size() >= lanes.size() * kWord) {
    for (std::size_t i = 0; i < lanes.size(); ++i) lanes[i] = mixed(lanes[i], load(rest.subspan(i * kWord, kWord)));
    rest = rest.subspan(lanes.size() * kWord);
  }
  if (rest.size() < bytes.size()) {
    for (const std::uint64_t lane : lanes) mix(lane);
  }
  for (; rest.size() >= kWord; rest = rest.subspan(kWord)) mix(load(rest.first(kWord)));
  if (!rest.empty()) mix(load(rest));
  note(when, kind, who, bytes.size());
}

}  // namespace sim
