// Planned requests and answers as the bytes that go over the wire, and the fields that have to come out at the other
// end.
#pragma once

#include <string>
#include <utility>

#include "sim/actor/pattern.h"
#include "sim/plan/scenario.h"

namespace sim::actor {

inline constexpr const char* kProtocol = "sim/1";  // that requests with `upgrade` offer

struct WireText {
  std::string bytes;
  std::size_t head_size = 0;
};

[[nodiscard]] WireText requestText(const plan::Request& request);
constexpr int kUnavailable = 503;
[[nodiscard]] WireText answerText(const plan::Request& request, bool unavailable = false);
// What is left of its bytes where a backend does that wrong; `at`: Answer::fault_at.
[[nodiscard]] std::string spoilt(std::string answer, plan::AnswerFault fault, std::uint32_t at);
[[nodiscard]] std::uint32_t announcedBytes(const plan::Answer& answer);  // what a Content-Length says
[[nodiscard]] std::string requestTarget(const plan::Request& request);

// The end-to-end field number `index` of a message: odd spellings, empty and long values, the same name again.
[[nodiscard]] std::pair<std::string, std::string> plannedField(std::uint64_t id, Direction direction,
                                                               std::uint32_t index);

}  // namespace sim::actor
