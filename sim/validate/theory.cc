// See theory.h.
#include "sim/validate/theory.h"

#include <cmath>

namespace sim::validate {
namespace {

// The root in (0, 1) of sigma = f(sigma), which an iteration from 0 climbs up to.
template <typename F>
double smallestRoot(F f) {
  double sigma = 0;
  for (;;) {
    const double next = f(sigma);
    if (std::abs(next - sigma) < 1e-14) return next;
    sigma = next;
  }
}

}  // namespace

double timeInMM1(double load) {
  return 1 / (1 - load);
}

double quantileOfMM1(double load, double q) {
  return -std::log(1 - q) * timeInMM1(load);
}

double timeInMG1(double load, double cv2) {
  return 1 + load * (1 + cv2) / (2 * (1 - load));
}

double timeInErlangM1(int stages, double load) {
  const double rate = stages * load;
  return 1 / (1 - smallestRoot([&](double sigma) { return std::pow(rate / (rate + 1 - sigma), stages); }));
}

double timeInDM1(double load) {
  return 1 / (1 - smallestRoot([&](double sigma) { return std::exp(-(1 - sigma) / load); }));
}

double erlangB(int servers, double offered) {
  double lost = 1;
  for (int i = 1; i <= servers; ++i) lost = offered * lost / (i + offered * lost);
  return lost;
}

double erlangC(int servers, double load) {
  const double lost = erlangB(servers, servers * load);
  return lost / (1 - load * (1 - lost));
}

double waitInMMc(int servers, double load) {
  return erlangC(servers, load) / (servers * (1 - load));
}

// L requests in c slots take L / c services each: L = tolerance c + sqrt(L).
double gradientLimit(int slots, double tolerance) {
  const double root = (1 + std::sqrt(1 + 4 * tolerance * slots)) / 2;
  return root * root;
}

double chiSquareBound(int degrees, double z) {
  const double part = 2.0 / (9.0 * degrees);
  return degrees * std::pow(1 - part + z * std::sqrt(part), 3);
}

double relativeErrorOfMM1(double load, double time) {
  return std::sqrt(2 * (1 + load) / (load * (1 - load) * (1 - load) * time));
}

}  // namespace sim::validate
