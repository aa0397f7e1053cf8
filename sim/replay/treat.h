// What a replay does with a line of the log: what its client and its backend do in the simulated world. One table of
// decisions; docs/simulation.md tells users the same.
#pragma once

#include <string>

#include "sim/model/script.h"
#include "sim/replay/line.h"

namespace sim::replay {

struct Treatment {
  std::string left_out;      // why; "": it is replayed
  std::string stand_in_for;  // why no answer of a backend is recorded; "": one is
  lb::Duration patience{};   // zero: the client waits as long as it takes
  std::uint64_t body = 0;    // bytes
  model::ScriptedAnswer answer;
};

[[nodiscard]] Treatment treat(const Line& line);

// Why the recorded request failed, in the words of a rehearsal's table; "": it did not.
[[nodiscard]] std::string causeOf(const Line& line);

}  // namespace sim::replay
