// From what happened to what is told: judges, prints, writes the page.
#pragma once

#include <string>

#include "sim/rehearse/table.h"

namespace sim::rehearse {

inline constexpr int kHolds = 0;
inline constexpr int kBadInput = 1;
inline constexpr int kFails = 70;  // an expectation does not hold

void add(Rehearsed& rehearsed, Result result);  // one more seed's; of several the one is shown in which most fails

// `report`: the file of the page; "": none. `json`: to standard output, instead of the table. The exit code.
[[nodiscard]] int present(const Rehearsed& rehearsed, bool json, const std::string& report);

}  // namespace sim::rehearse
