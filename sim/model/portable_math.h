// Logarithm, exponential and normal deviates from +, -, *, / and sqrt alone, which IEEE 754 defines to the last bit: a
// library's own functions may differ in it from machine to machine, and a run would then not be the same everywhere.
#pragma once

#include "sim/core/chance.h"

namespace sim::model {

[[nodiscard]] double naturalLog(double x);  // REQUIRES: x is positive and finite
[[nodiscard]] double exponential(double x);
[[nodiscard]] double power(double base, double exponent);  // REQUIRES: a positive base

[[nodiscard]] double uniform(Prng& chance);  // in (0, 1), never an end
[[nodiscard]] double normal(Prng& chance);   // mean 0, variance 1

}  // namespace sim::model
