// How `sim` ends, by class of what it found.
#pragma once

namespace sim::cli {

constexpr int kFine = 0;
constexpr int kUsage = 1;
constexpr int kSafety = 70;
constexpr int kLiveness = 71;
constexpr int kCrash = 72;
constexpr int kNondeterminism = 73;
constexpr int kMarks = 74;

}  // namespace sim::cli
