// See portable_math.h.
#include "sim/model/portable_math.h"

#include <cmath>
#include <numbers>

#include "lb/base/check.h"

namespace sim::model {
namespace {

constexpr int kLogTerms = 12;  // both series are exact to the last bits with these
constexpr int kExpTerms = 16;

}  // namespace

// x = m * 2^e with m near 1; ln m = 2 artanh((m - 1) / (m + 1)).
double naturalLog(double x) {
  LB_CHECK(x > 0 && std::isfinite(x));
  int power_of_two = 0;
  double mantissa = std::frexp(x, &power_of_two);
  if (mantissa < std::numbers::sqrt2 / 2) {
    mantissa *= 2;
    --power_of_two;
  }
  const double s = (mantissa - 1) / (mantissa + 1);
  const double square = s * s;
  double sum = 0;
  for (int i = kLogTerms; i >= 0; --i) sum = sum * square + 1.0 / (2 * i + 1);
  return 2 * s * sum + power_of_two * std::numbers::ln2;
}

double exponential(double x) {
  const double turns = std::floor(x / std::numbers::ln2 + 0.5);
  const double rest = x - turns * std::numbers::ln2;
  double sum = 1;
  for (int i = kExpTerms; i > 0; --i) sum = 1 + sum * rest / i;
  return std::ldexp(sum, static_cast<int>(turns));
}

double power(double base, double exponent) {
  return exponential(exponent * naturalLog(base));
}

double uniform(Prng& chance) {
  return (static_cast<double>(chance.next() >> 11) + 0.5) * 0x1.0p-53;
}

// Marsaglia's polar method.
double normal(Prng& chance) {
  for (;;) {
    const double u = 2 * uniform(chance) - 1;
    const double v = 2 * uniform(chance) - 1;
    const double square = u * u + v * v;
    if (square > 0 && square < 1) return u * std::sqrt(-2 * naturalLog(square) / square);
  }
}

}  // namespace sim::model
