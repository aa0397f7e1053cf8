// Traffic that is written down request by request, and what the backend does that gets each of them: what a log has
// recorded, in place of laws of chance.
//
// Clients and backends share the script; a request's number finds its line.
#pragma once

#include <cstdint>
#include <vector>

#include "lb/base/check.h"
#include "lb/env/clock.h"

namespace sim::model {

using lb::Duration;

// How an answer ends.
enum class Ending : std::uint8_t {
  Whole,
  Silent,   // nothing comes any more, until the proxy closes
  Cut,      // the connection is closed before the last byte, or before the first
  Garbage,  // what comes is no HTTP
};

struct ScriptedAnswer {
  Duration wait{};          // from the request's last byte to the answer's first
  Duration receive{};       // from there to the answer's last byte
  std::uint64_t bytes = 0;  // of the body; all that come, if it does not end well
  std::uint16_t status = 200;
  bool head = true;  // false: it ends without one
  Ending ending = Ending::Whole;
};

struct ScriptedRequest {
  Duration at{};             // since the beginning of the traffic
  Duration patience{};       // zero: that of the traffic's plan
  std::uint64_t bytes = 0;   // of the body
  std::uint32_t ask = 0;     // row of the plan's mix, whose laws are not used
  std::uint32_t target = 1;  // bytes of the request's path, at least 1
  ScriptedAnswer answer;
};

struct Script {
  std::vector<ScriptedRequest> requests;  // ascending in time; the first one's number is 1

  [[nodiscard]] const ScriptedRequest& of(std::uint64_t number) const {
    LB_CHECK(number > 0 && number <= requests.size());
    return requests[number - 1];
  }
};

}  // namespace sim::model
