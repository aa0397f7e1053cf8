// Which mark each thing leaves that goes wrong: one for every kind, so that none can stop happening unnoticed.
#pragma once

#include <optional>

#include "sim/check/marks.h"
#include "sim/plan/scenario.h"

namespace sim::check {

[[nodiscard]] Mark markOf(plan::FaultKind kind);
[[nodiscard]] Mark markOf(plan::Cut cut);
[[nodiscard]] std::optional<Mark> markOf(plan::AnswerFault fault);  // nothing: it is none

}  // namespace sim::check
