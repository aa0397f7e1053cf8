// What can be made simpler about the fields of a scenario: each leaf of the description in plan/fields.h is an edit
// that sets it to its default, and a number or a time, if less of it is simpler, to anything on the way there.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "sim/plan/scenario.h"

namespace sim::shrink {

struct Edit {
  enum class Kind : std::uint8_t { Word, Number, Time };
  std::string path;
  // How far the field is from its default; words and texts are at 1 or at 0.
  std::function<std::uint64_t(const plan::Scenario&)> distance;
  // REQUIRES: not farther than it is; of words and texts: 0.
  std::function<void(plan::Scenario&, std::uint64_t distance)> set;
  Kind kind = Kind::Word;
};

// The leaves below one struct, those of structs within it included. A list's elements are groups of their own. The
// seed, the families, the configuration and the names of requests are left alone.
struct EditGroup {
  std::string path;
  std::vector<Edit> edits;
};

[[nodiscard]] std::vector<EditGroup> fieldEdits(const plan::Scenario& scenario);

}  // namespace sim::shrink
