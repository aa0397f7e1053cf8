// All chance of a run comes from one 64-bit seed, in independent streams by name: a draw more in one place does not
// shift what the others draw. Integers only, so that every compiler and platform draws the same.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <string_view>

#include "lb/env/random.h"

namespace sim {

// A probability as data: part out of `of`.
struct Ratio {
  std::uint32_t part = 0;
  std::uint32_t of = 100;
  friend bool operator==(const Ratio&, const Ratio&) = default;
};

// One stream: xoshiro256** by Blackman and Vigna, seeded through splitmix64.
class Prng final : public lb::Random {
 public:
  explicit Prng(std::uint64_t seed);
  std::uint64_t next() override {
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
  [[nodiscard]] std::uint64_t below(std::uint64_t bound);                        // uniform in [0, bound)
  [[nodiscard]] std::uint64_t between(std::uint64_t first, std::uint64_t last);  // both included
  [[nodiscard]] bool chance(Ratio ratio) {                                       // no draw if it is never or always
    return ratio.part != 0 && (ratio.part >= ratio.of || below(ratio.of) < ratio.part);
  }
  [[nodiscard]] std::uint64_t draws() const { return draws_; }

 private:
  std::array<std::uint64_t, 4> state_;
  std::uint64_t draws_ = 0;
};

class Chance {
 public:
  explicit Chance(std::uint64_t seed) : seed_(seed) {}
  [[nodiscard]] std::uint64_t seed() const { return seed_; }
  [[nodiscard]] Prng stream(std::string_view name) const;  // the same stream from its beginning at every call

 private:
  std::uint64_t seed_;
};

}  // namespace sim
