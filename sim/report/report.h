// What a person gets to see of a run that failed.
#pragma once

#include <string>

#include "sim/check/ledger.h"
#include "sim/plan/scenario.h"

namespace sim::report {

constexpr int kUsage = 1;
constexpr int kSafety = 70;
constexpr int kLiveness = 71;
constexpr int kCrash = 72;
constexpr int kNondeterminism = 73;

[[nodiscard]] int exitCode(check::Class kind);
[[nodiscard]] std::string failure(const plan::Scenario& scenario, const check::Ledger& ledger);

}  // namespace sim::report
