// What health checks ask the backends of a scenario for, and the answers of those that fail them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace sim::actor {

// What a check of lb's asks for, where scenarios have checks.
inline constexpr std::string_view kCheckPath = "/check";

// How a backend fails its checks, if it does.
enum class CheckFailure : std::uint8_t {
  None,
  InTurn,      // by a 503, by an answer that trickles
  Status,      // a 503
  Unexpected,  // a 300, just behind those that are expected
  Trickle,     // an answer that goes on and on and has no end
  Body,        // an answer without the text that some look for
};

// The first and only answer, or what a trickle begins with.
[[nodiscard]] std::string checkAnswer(CheckFailure how);

}  // namespace sim::actor
