// `sim sweep` and `sim marks`: many seeds, what failed, and what was reached.
#include <fmt/format.h>

#include <memory>

#include "sim/cli/commands.h"
#include "sim/cli/common_options.h"
#include "sim/cli/exit_code.h"
#include "sim/cli/help.h"
#include "sim/cli/seed_sweep.h"
#include "sim/cli/trace_option.h"

namespace sim::cli {
namespace {

struct Given {
  SweepOptions options;
  std::uint64_t fresh = 0;
  bool check = false;
};

// Fresh seeds are told before they are run, so that a run can be repeated.
SweepResult sweepGiven(Given& given) {
  if (given.fresh > 0) {
    SeedRange& seeds = given.options.seeds;
    seeds.first = freshSeed();
    seeds.last = seeds.first + given.fresh - 1;
    fmt::print("fresh seeds: --seeds {}..{}\n", seeds.first, seeds.last);
  }
  return sweepSeeds(given.options);
}

void addSeedOptions(CLI::App& command, Given& given) {
  CLI::Option_group* seeds = command.add_option_group("Seeds", "Which ones");
  addSeeds(*seeds, given.options.seeds, "The first and the last one: 1..1000");
  seeds->add_option("--fresh", given.fresh, "So many that nobody has run yet; which ones is printed")
      ->check(CLI::Range(1, 1'000'000'000));
  seeds->require_option(1);
  command.add_option("--jobs", given.options.jobs, "Processes; all cores unless given")->check(CLI::Range(1, 64));
  command.add_option("--failures-max", given.options.failures_max, "Stop after so many")
      ->check(CLI::Range(1U, 1'000'000U));
  given.options.folder = TraceOption{}.folder;
  command
      .add_option("--out", given.options.folder, "The folder for the files of seeds that fail; \"\": none are written")
      ->capture_default_str();
}

// How many were never reached.
std::size_t printMarks(const check::Marks& marks) {
  std::size_t missing = 0;
  for (std::size_t i = 0; i < check::kMarks; ++i) {
    missing += marks.count(i) == 0 ? 1 : 0;
    fmt::print("{:>12}  {}{}\n", marks.count(i), check::nameOf(static_cast<check::Mark>(i)),
               marks.count(i) == 0 ? "   <- never reached" : "");
  }
  return missing;
}

}  // namespace

void addSweep(CLI::App& app, int& code) {
  auto given = std::make_shared<Given>();
  given->options.jobs = coresHere();
  CLI::App* sweep = app.add_subcommand("sweep", "Run many seeds");
  addSeedOptions(*sweep, *given);
  addBudget(*sweep, given->options.budget, "When to stop: seconds, or 90s, 10m, 2h");
  sweep->add_flag("--check-determinism", given->check, "Run every 16th seed twice and compare");
  addFooter(*sweep, {"sim sweep --seeds 1..10000", "sim sweep --fresh 100000 --budget 10m"},
            {kSafety, kLiveness, kCrash, kNondeterminism, kInterrupted});
  sweep->callback([given, &code] {
    given->options.check_every = given->check ? 16 : 0;
    const SweepResult result = sweepGiven(*given);
    fmt::print("{}", summaryOf(result));
    code = result.code;
  });
}

void addMarks(CLI::App& app, int& code) {
  auto given = std::make_shared<Given>();
  given->options.jobs = coresHere();
  CLI::App* marks = app.add_subcommand("marks", "Run many seeds and tell how often each situation was reached");
  addSeedOptions(*marks, *given);
  addFooter(*marks, {"sim marks --seeds 1..3000"}, {kSafety, kLiveness, kCrash, kMarks, kInterrupted});
  marks->callback([given, &code] {
    const SweepResult result = sweepGiven(*given);
    const std::size_t missing = printMarks(result.marks);
    code = result.code;
    if (missing > 0 && !result.stopped_early) {
      fmt::print("FAIL marks  {} of {} situations were never reached: these seeds prove nothing about them\n", missing,
                 check::kMarks);
      if (code == kFine) code = kMarks;
    }
    fmt::print("{}", summaryOf(result));
  });
}

}  // namespace sim::cli
