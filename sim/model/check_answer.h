// What a backend has to answer to an active check, so that the check passes.
#pragma once

#include <cstdint>
#include <string>

namespace sim::model {

struct CheckAnswer {
  std::string path;  // a GET of it that has no number is the check
  std::uint16_t status = 200;
  std::string body;
  friend bool operator==(const CheckAnswer&, const CheckAnswer&) = default;
};

}  // namespace sim::model
