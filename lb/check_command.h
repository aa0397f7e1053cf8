// `lb --check`, with and without a table of route tests, for people and for programs.
#pragma once

#include <string>

namespace lb {

enum class CheckFormat : std::uint8_t { Text, Json };

struct CheckOptions {
  std::string config_path;
  std::string tests_path = {};  // "": none
  CheckFormat format = CheckFormat::Text;
};

[[nodiscard]] int checkConfiguration(const CheckOptions& options);  // 0: all is well, 1: something is wrong

}  // namespace lb
