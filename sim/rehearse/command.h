// `sim run --config C --scenario S`: reads both files, rehearses with one seed or several, prints, and judges.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "sim/rehearse/present.h"

namespace sim::rehearse {

struct Options {
  std::string config;
  std::string scenario;
  std::optional<std::uint64_t> seed;  // instead of the scenario's
  std::string seeds;                  // "1..20"; "": one seed
  std::string report;                 // the file of the page; "": none
  bool json = false;                  // to standard output, instead of the table
};

[[nodiscard]] int command(const Options& options);  // the exit code

}  // namespace sim::rehearse
