// See distribution.h.
#include "sim/model/distribution.h"

#include <cmath>

#include "sim/model/portable_math.h"

namespace sim::model {
namespace {

std::int64_t rounded(double amount) {
  constexpr double kMax = 9e18;
  return static_cast<std::int64_t>(std::floor(std::min(amount, kMax) + 0.5));
}

// The short value is half of the mean, so the long one comes with probability 1 / (1 + 4 cv2).
double longShare(double cv2) {
  return 1 / (1 + 4 * cv2);
}

double bimodalLong(double mean, double cv2) {
  return mean / 2 + mean / 2 / longShare(cv2);
}

// The k-th moment of the Pareto law with density ~ x^(-alpha-1) between low and high.
double paretoMoment(const Distribution& law, double k) {
  const auto low = static_cast<double>(law.low);
  const double ratio = static_cast<double>(law.high) / low;
  const double scale = law.alpha * power(low, k) / (1 - power(ratio, -law.alpha));
  if (std::abs(law.alpha - k) < 1e-9) return scale * naturalLog(ratio);
  return scale * (1 - power(ratio, k - law.alpha)) / (law.alpha - k);
}

}  // namespace

std::string_view Distribution::problem() const {
  switch (kind) {
    case Kind::Constant:
    case Kind::Exponential: return mean < 0 ? "the mean is negative" : "";
    case Kind::Uniform: return low < 0 || high < low ? "it needs 0 <= low <= high" : "";
    case Kind::Lognormal:
    case Kind::Bimodal:
      if (mean <= 0) return "the mean is not positive";
      return cv2 >= 0 && cv2 <= 1e6 ? "" : "cv2 is not between 0 and 1000000";
    case Kind::Pareto:
      if (low <= 0 || high <= low) return "it needs 0 < low < high";
      return alpha > 0 && alpha <= 100 ? "" : "alpha is not between 0 and 100";
    case Kind::Empirical:
      for (const std::int64_t value : values)
        if (value < 0) return "a value is negative";
      return values.empty() ? "there are no values" : "";
  }
  return "it has no kind";
}

std::int64_t Distribution::sample(Prng& chance) const {
  const auto m = static_cast<double>(mean);
  switch (kind) {
    case Kind::Constant: return mean;
    case Kind::Exponential: return rounded(-m * naturalLog(uniform(chance)));
    case Kind::Uniform:
      return static_cast<std::int64_t>(
          chance.between(static_cast<std::uint64_t>(low), static_cast<std::uint64_t>(high)));
    case Kind::Lognormal: {
      const double sigma_square = naturalLog(1 + cv2);
      return rounded(m * model::exponential(std::sqrt(sigma_square) * normal(chance) - sigma_square / 2));
    }
    case Kind::Bimodal: return rounded(uniform(chance) < longShare(cv2) ? bimodalLong(m, cv2) : m / 2);
    case Kind::Pareto: {
      const double tail = power(static_cast<double>(high) / static_cast<double>(low), -alpha);
      return rounded(static_cast<double>(low) * power(1 - uniform(chance) * (1 - tail), -1 / alpha));
    }
    case Kind::Empirical: return values[chance.below(values.size())];
  }
  return 0;
}

double Distribution::expected() const {
  switch (kind) {
    case Kind::Constant:
    case Kind::Exponential:
    case Kind::Lognormal:
    case Kind::Bimodal: return static_cast<double>(mean);
    case Kind::Uniform: return (static_cast<double>(low) + static_cast<double>(high)) / 2;
    case Kind::Pareto: return paretoMoment(*this, 1);
    case Kind::Empirical: {
      double sum = 0;
      for (const std::int64_t value : values) sum += static_cast<double>(value);
      return sum / static_cast<double>(values.size());
    }
  }
  return 0;
}

double Distribution::variance() const {
  const auto m = static_cast<double>(mean);
  switch (kind) {
    case Kind::Constant: return 0;
    case Kind::Exponential: return m * m;
    case Kind::Lognormal:
    case Kind::Bimodal: return m * m * cv2;
    case Kind::Uniform: {
      const double count = static_cast<double>(high - low) + 1;
      return (count * count - 1) / 12;
    }
    case Kind::Pareto: return paretoMoment(*this, 2) - paretoMoment(*this, 1) * paretoMoment(*this, 1);
    case Kind::Empirical: {
      double sum = 0;
      for (const std::int64_t value : values) {
        const double off = static_cast<double>(value) - expected();
        sum += off * off;
      }
      return sum / static_cast<double>(values.size());
    }
  }
  return 0;
}

}  // namespace sim::model
