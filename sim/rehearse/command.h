// `sim run --config C --scenario S`: reads both files, rehearses with one seed or several, prints, and judges.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace sim::rehearse {

struct Options {
  std::string config;
  std::string scenario;
  std::optional<std::uint64_t> seed;  // instead of the scenario's
  std::string seeds;                  // "1..20"; "": one seed
  std::string report;                 // the file of the page; "": none
  bool json = false;                  // to standard output, instead of the table
};

inline constexpr int kHolds = 0;
inline constexpr int kBadInput = 1;
inline constexpr int kFails = 70;  // an expectation does not hold

[[nodiscard]] int command(const Options& options);  // the exit code

}  // namespace sim::rehearse
