// What queueing theory says, in closed form. The unit of time is the mean service time; `load` is the share of its time
// that a server is busy.
#pragma once

namespace sim::validate {

[[nodiscard]] double timeInMM1(double load);                   // also M/G/1 with processor sharing, whatever the law
[[nodiscard]] double quantileOfMM1(double load, double q);     // of the time inside: it is exponential
[[nodiscard]] double timeInMG1(double load, double cv2);       // Pollaczek-Khinchine
[[nodiscard]] double timeInErlangM1(int stages, double load);  // every n-th of Poisson arrivals, as from round robin
[[nodiscard]] double timeInDM1(double load);                   // regular arrivals
[[nodiscard]] double erlangB(int servers, double offered);     // who is lost, with no queue
[[nodiscard]] double erlangC(int servers, double load);        // who waits
[[nodiscard]] double waitInMMc(int servers, double load);

// Where a limit comes to rest that each step multiplies by `tolerance` times idle latency over latency, and then raises
// by its own square root: with services of equal length in so many slots, and always somebody who wants in.
[[nodiscard]] double gradientLimit(int slots, double tolerance);

// The value that a chi-square statistic exceeds with the probability of a normal deviate of more than z (Wilson and
// Hilferty); a negative z gives the lower end.
[[nodiscard]] double chiSquareBound(int degrees, double z);
constexpr double kOneInAMillion = 4.753424;  // z of the probability 1e-6

// The relative standard error of the mean time in M/M/1, observed for `time`.
[[nodiscard]] double relativeErrorOfMM1(double load, double time);

}  // namespace sim::validate
