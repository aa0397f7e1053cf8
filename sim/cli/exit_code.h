// How `sim` ends, by class of what it found.
#pragma once

#include <array>

namespace sim::cli {

constexpr int kFine = 0;
constexpr int kUsage = 1;
constexpr int kSafety = 70;
constexpr int kLiveness = 71;
constexpr int kCrash = 72;
constexpr int kNondeterminism = 73;
constexpr int kMarks = 74;
constexpr int kInterrupted = 130;  // as shells have it of a process that SIGINT ends

struct ExitCode {
  int code = kFine;
  const char* meaning = "";
};

// As --help has them (help.h).
inline constexpr std::array kExitCodes{
    ExitCode{kFine, "nothing was found"},
    ExitCode{kUsage, "usage: an option or a file is no good"},
    ExitCode{kSafety, "safety: something happened that must not; or an expectation or a figure does not hold"},
    ExitCode{kLiveness, "liveness: something did not happen that must"},
    ExitCode{kCrash, "crash: an invariant of the proxy's own, a bad pointer, or a run that does not end"},
    ExitCode{kNondeterminism, "nondeterminism: two runs of the same scenario differ"},
    ExitCode{kMarks, "marks: a situation that must be reached was not"},
    ExitCode{kInterrupted, "interrupted by ^C, and nothing had been found until then"},
};

}  // namespace sim::cli
