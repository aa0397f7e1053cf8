// Another program, run to its end in surroundings that should make no difference to it.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace sim::repeat {

struct Surroundings {
  bool fixed_addresses = false;  // no randomisation of the address space
  std::vector<std::pair<std::string, std::string>> environment;
};

struct Ended {
  std::string out;
  std::string how;  // "": with exit code 0; otherwise "crash.signal_6", "crash.exit_1"
};

inline constexpr const char* kCannotFixAddresses = "crash.exit_125";  // the system forbids it

[[nodiscard]] Ended runProgram(const std::string& program, const std::vector<std::string>& arguments,
                               const Surroundings& surroundings);

}  // namespace sim::repeat
