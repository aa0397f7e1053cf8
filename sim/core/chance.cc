// See chance.h.
#include "sim/core/chance.h"

#include <bit>

#include "lb/base/check.h"
#include "lb/base/random_util.h"

namespace sim {
namespace {

std::uint64_t splitmix(std::uint64_t& state) {
  state += 0x9e3779b97f4a7c15U;
  std::uint64_t word = state;
  word = (word ^ (word >> 30)) * 0xbf58476d1ce4e5b9U;
  word = (word ^ (word >> 27)) * 0x94d049bb133111ebU;
  return word ^ (word >> 31);
}

}  // namespace

Prng::Prng(std::uint64_t seed) {
  for (std::uint64_t& word : state_) word = splitmix(seed);
}

std::uint64_t Prng::next() {
  ++draws_;
  const std::uint64_t result = std::rotl(state_[1] * 5, 7) * 9;
  const std::uint64_t shifted = state_[1] << 17;
  state_[2] ^= state_[0];
  state_[3] ^= state_[1];
  state_[1] ^= state_[2];
  state_[0] ^= state_[3];
  state_[2] ^= shifted;
  state_[3] = std::rotl(state_[3], 45);
  return result;
}

std::uint64_t Prng::below(std::uint64_t bound) {
  return lb::below(*this, bound);
}

std::uint64_t Prng::between(std::uint64_t first, std::uint64_t last) {
  LB_CHECK(first <= last);
  return first == last ? first : first + below(last - first + 1);
}

bool Prng::chance(Ratio ratio) {
  LB_CHECK(ratio.of > 0);
  if (ratio.part == 0) return false;
  return ratio.part >= ratio.of || below(ratio.of) < ratio.part;
}

Prng Chance::stream(std::string_view name) const {
  std::uint64_t hash = 0xcbf29ce484222325U;  // FNV-1a
  for (const char c : name) hash = (hash ^ static_cast<std::uint8_t>(c)) * 0x100000001b3U;
  std::uint64_t mixed = seed_;
  return Prng(splitmix(mixed) ^ hash);
}

}  // namespace sim
