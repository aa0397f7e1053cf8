// Many seeds, in as many processes as there are cores: a process runs seed after seed until one fails, then another one
// goes on behind it, because nothing of a failed run can be taken apart.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lb/env/clock.h"
#include "sim/check/marks.h"
#include "sim/cli/seed.h"

namespace sim::cli {

struct SweepOptions {
  SeedRange seeds{1, 1};
  unsigned jobs = 1;
  std::uint64_t failures_max = 10;  // then it stops
  std::uint64_t check_every = 0;    // runs every such seed twice and compares; 0: none
  lb::Duration budget{0};           // 0: until all seeds have been run
  std::string folder;               // for the files of those that fail; empty: none are written
};

struct SweepResult {
  SeedRange seeds{1, 1};  // that were asked for
  std::uint64_t passed = 0;
  std::uint64_t failed = 0;
  std::uint64_t requests = 0;
  std::uint64_t events = 0;
  double virtual_seconds = 0;
  double seconds = 0;
  bool stopped_early = false;  // by ^C, by the budget or by too many failures
  check::Marks marks;          // of the seeds that passed
  int code = 0;                // exit_code.h, of the first failure; without one: whether ^C stopped it
};

// Failures are told on standard output as they come; progress on standard error, if that is a terminal. ^C ends it
// early.
[[nodiscard]] SweepResult sweepSeeds(const SweepOptions& options);

[[nodiscard]] std::string summaryOf(const SweepResult& result);
[[nodiscard]] unsigned coresHere();

}  // namespace sim::cli
