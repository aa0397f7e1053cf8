// See chance.h.
#include "sim/core/chance.h"

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

std::uint64_t Prng::below(std::uint64_t bound) {
  return lb::below(*this, bound);
}

std::uint64_t Prng::between(std::uint64_t first, std::uint64_t last) {
  LB_CHECK(first <= last);
  return first == last ? first : first + below(last - first + 1);
}

Prng Chance::stream(std::string_view name) const {
  std::uint64_t hash = 0xcbf29ce484222325U;  // FNV-1a
  for (const char c : name) hash = (hash ^ static_cast<std::uint8_t>(c)) * 0x100000001b3U;
  std::uint64_t mixed = seed_;
  return Prng(splitmix(mixed) ^ hash);
}

}  // namespace sim
