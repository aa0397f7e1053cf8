// The closed forms against published figures.
#include "sim/validate/theory.h"

#include <gtest/gtest.h>

namespace sim::validate {
namespace {

struct Row {
  const char* name;
  double found;
  double expected;
  double digits;  // half a unit of the last digit that was published
};

const Row kRows[] = {
    {"M/M/1 at .9", timeInMM1(0.9), 10, 1e-9},
    {"p99 of M/M/1 at .5", quantileOfMM1(0.5, 0.99), 9.21, 0.005},
    {"p99 of M/M/1 at .9", quantileOfMM1(0.9, 0.99), 46.05, 0.005},
    {"M/G/1 at .9, cv2 0", timeInMG1(0.9, 0), 5.5, 1e-9},
    {"M/G/1 at .9, cv2 16", timeInMG1(0.9, 16), 77.5, 1e-9},
    {"M/G/1 at .8, cv2 16", timeInMG1(0.8, 16), 35, 1e-9},
    {"round robin over 10 at .5", timeInErlangM1(10, 0.5), 1.3246, 5e-5},
    {"round robin over 10 at .7", timeInErlangM1(10, 0.7), 2.0198, 5e-5},
    {"round robin over 10 at .9", timeInErlangM1(10, 0.9), 5.6603, 5e-5},
    {"round robin over 10 at .99", timeInErlangM1(10, 0.99), 55.15, 5e-3},
    {"round robin over 100 at .9", timeInErlangM1(100, 0.9), 5.2268, 5e-5},
    {"round robin over 1 at .7", timeInErlangM1(1, 0.7), timeInMM1(0.7), 1e-9},
    {"D/M/1 at .5", timeInDM1(0.5), 1.2550, 5e-5},
    {"D/M/1 at .8", timeInDM1(0.8), 2.6927, 5e-5},
    {"D/M/1 at .95", timeInDM1(0.95), 10.172, 5e-4},
    {"M/M/1 waiting at .9", waitInMMc(1, 0.9), 9, 1e-9},
    {"M/M/10 waiting at .9", waitInMMc(10, 0.9), 0.669, 5e-4},
    {"M/M/100 waiting at .9", waitInMMc(100, 0.9), 0.0217, 5e-5},
    {"Erlang C of 10 at .9", erlangC(10, 0.9), 0.66873, 5e-6},
    {"Erlang C of 100 at .9", erlangC(100, 0.9), 0.21694, 5e-6},
    {"Erlang B of 10, 5 offered", erlangB(10, 5), 0.01838, 5e-6},
    {"Erlang B of 10, 10 offered", erlangB(10, 10), 0.21458, 5e-6},
    {"Erlang B of 100, 90 offered", erlangB(100, 90), 0.02696, 5e-6},
    {"the limit of a gradient, 100 slots, .25", gradientLimit(100, 1.25), 136.7, 0.05},
    {"chi-square beyond 1e-6, 9 degrees", chiSquareBound(9, kOneInAMillion), 46.0, 0.1},
    {"chi-square beyond 1e-6, 99 degrees", chiSquareBound(99, kOneInAMillion), 181.1, 0.1},
    {"error of M/M/1 at .5", relativeErrorOfMM1(0.5, 240'000), 0.01, 5e-4},
    {"error of M/M/1 at .9", relativeErrorOfMM1(0.9, 4.2e6), 0.01, 5e-4},
};

TEST(Theory, SaysWhatIsPublished) {
  for (const Row& row : kRows) EXPECT_NEAR(row.found, row.expected, row.digits) << row.name;
}

}  // namespace
}  // namespace sim::validate
