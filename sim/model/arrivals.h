// When requests come: a rate that may change over time, and bursts on top of it. Plain data, and the source that draws
// from it.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "lb/env/clock.h"
#include "sim/core/chance.h"

namespace sim::model {

using lb::Duration;

// Times count from the beginning of the traffic.
struct RatePoint {
  Duration at{};
  double per_second = 0;
  friend bool operator==(const RatePoint&, const RatePoint&) = default;
};

struct Burst {
  Duration at{};
  std::uint32_t requests = 0;  // at that very moment, besides the others
  friend bool operator==(const Burst&, const Burst&) = default;
};

struct Arrivals {
  enum class Kind : std::uint8_t {
    Poisson,  // independent of each other
    Regular,  // as far from each other as the rate says
  };
  Kind kind = Kind::Poisson;
  std::vector<RatePoint> rate{};  // straight lines between the points; before the first and after the last it is theirs
  std::vector<Burst> bursts{};
  Duration end = Duration::max();  // nothing comes from then on

  // Why this is no plan; empty: it is one.
  [[nodiscard]] std::string_view problem() const;
  [[nodiscard]] double rateAt(Duration time) const;
  friend bool operator==(const Arrivals&, const Arrivals&) = default;
};

class ArrivalSource {
 public:
  static constexpr Duration kNever = Duration::max();

  explicit ArrivalSource(const Arrivals& plan) : plan_(plan) {}  // REQUIRES: the plan outlives it and has no problem
  // The next one, never earlier than the one before.
  [[nodiscard]] Duration next(Prng& chance);

 private:
  [[nodiscard]] double afterWork(double work) const;  // when the rate's integral from now_ has grown by this much

  const Arrivals& plan_;
  double now_ = 0;     // seconds; of the last one that the rate caused
  double ahead_ = -1;  // the next one that the rate causes; negative: not drawn yet
  std::size_t burst_ = 0;
  std::uint32_t of_burst_ = 0;
};

}  // namespace sim::model
