// See check_answer.h.
#include "sim/actor/check_answer.h"

#include <fmt/format.h>

namespace sim::actor {

std::string checkAnswer(CheckFailure how) {
  if (how == CheckFailure::Trickle) return "HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n";
  const char* status = how == CheckFailure::Status       ? "503 Service Unavailable"
                       : how == CheckFailure::Unexpected ? "300 Multiple Choices"
                                                         : "200 OK";
  return fmt::format("HTTP/1.1 {}\r\nContent-Length: 4\r\nConnection: close\r\n\r\n{}", status,
                     how == CheckFailure::Body ? "poor" : "fine");
}

}  // namespace sim::actor
