// A law of amounts, durations in nanoseconds or sizes in bytes, as plain data: a kind and the parameters of that kind.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "lb/env/clock.h"
#include "sim/core/chance.h"

namespace sim::model {

using lb::Duration;

struct Distribution {
  enum class Kind : std::uint8_t {
    Constant,     // mean
    Exponential,  // mean
    Uniform,      // from low to high
    Lognormal,    // mean, cv2
    Bimodal,      // mean, cv2: half the mean mostly, and now and then something much longer
    Pareto,       // low, high, alpha: bounded on both sides
    Empirical,    // each of the values is as likely as the others
  };

  Kind kind = Kind::Constant;
  std::int64_t mean = 0;
  double cv2 = 1;  // the squared coefficient of variation: variance / mean^2
  std::int64_t low = 0;
  std::int64_t high = 0;
  double alpha = 1.5;
  std::vector<std::int64_t> values{};

  [[nodiscard]] static Distribution constant(Duration mean) { return {.mean = mean.count()}; }
  [[nodiscard]] static Distribution constantBytes(std::int64_t bytes) { return {.mean = bytes}; }
  [[nodiscard]] static Distribution exponential(Duration mean) {
    return {.kind = Kind::Exponential, .mean = mean.count()};
  }
  [[nodiscard]] static Distribution bimodal(Duration mean, double cv2) {
    return {.kind = Kind::Bimodal, .mean = mean.count(), .cv2 = cv2};
  }

  // Why these parameters are no law; empty: they are one. The rest requires that.
  [[nodiscard]] std::string_view problem() const;

  [[nodiscard]] std::int64_t sample(Prng& chance) const;  // never negative
  [[nodiscard]] Duration draw(Prng& chance) const { return Duration(sample(chance)); }
  [[nodiscard]] double expected() const;  // of the law; exact but for rounding samples to whole numbers
  [[nodiscard]] double variance() const;

  friend bool operator==(const Distribution&, const Distribution&) = default;
};

}  // namespace sim::model
