// `sim sweep` and `sim marks`: many seeds, what failed, and what was reached.
#include <fmt/format.h>

#include <memory>

#include "lb/os/os_random.h"
#include "sim/cli/commands.h"
#include "sim/cli/exit_code.h"
#include "sim/cli/seed_range.h"
#include "sim/cli/seed_sweep.h"

namespace sim::cli {
namespace {

constexpr std::uint64_t kFreshSeedMax = 1'000'000'000'000;  // short enough to be read aloud

struct Given {
  SweepOptions options;
  std::string range;
  std::uint64_t fresh = 0;
  bool check = false;
};

// False: said what is wrong. Fresh seeds are told before they are run, so that a run can be repeated.
bool chooseSeeds(Given& given) {
  if (given.fresh > 0) {
    lb::os::OsRandom random;
    given.options.first = random.next() % kFreshSeedMax;
    given.options.last = given.options.first + given.fresh - 1;
    fmt::print("fresh seeds: --seeds {}..{}\n", given.options.first, given.options.last);
    return true;
  }
  const auto range = parseSeedRange(given.range);
  if (!range) {
    fmt::print(stderr, "--seeds wants FIRST..LAST, not \"{}\"\n", given.range);
    return false;
  }
  given.options.first = range->first;
  given.options.last = range->last;
  return true;
}

void addSeedOptions(CLI::App& command, Given& given) {
  CLI::Option_group* seeds = command.add_option_group("Seeds", "Which ones");
  seeds->add_option("--seeds", given.range, "The first and the last one: 1..1000");
  seeds->add_option("--fresh", given.fresh, "So many that nobody has run yet; which ones is printed");
  seeds->require_option(1);
  command.add_option("--jobs", given.options.jobs, "Processes; all cores unless given")->check(CLI::Range(1, 64));
  command.add_option("--failures-max", given.options.failures_max, "Stop after so many");
}

int marksOf(const check::Marks& marks) {
  std::size_t missing = 0;
  for (std::size_t i = 0; i < check::kMarks; ++i) {
    missing += marks.count(i) == 0 ? 1 : 0;
    fmt::print("{:>12}  {}{}\n", marks.count(i), check::nameOf(static_cast<check::Mark>(i)),
               marks.count(i) == 0 ? "   <- never reached" : "");
  }
  if (missing == 0) return kFine;
  fmt::print("FAIL marks  {} of {} situations were never reached: these seeds prove nothing about them\n", missing,
             check::kMarks);
  return kMarks;
}

}  // namespace

void addSweep(CLI::App& app, int& code) {
  auto given = std::make_shared<Given>();
  given->options.jobs = coresHere();
  CLI::App* sweep = app.add_subcommand("sweep", "Run many seeds");
  addSeedOptions(*sweep, *given);
  sweep->add_option("--budget", given->options.budget, "Seconds after which it stops");
  sweep->add_flag("--check-determinism", given->check, "Run every 16th seed twice and compare");
  sweep->footer("Examples:\n  sim sweep --seeds 1..10000\n  sim sweep --fresh 100000 --budget 600");
  sweep->callback([given, &code] {
    if (!chooseSeeds(*given)) {
      code = kUsage;
      return;
    }
    given->options.check_every = given->check ? 16 : 0;
    const SweepResult result = sweepSeeds(given->options);
    fmt::print("{}", summaryOf(result));
    code = result.code;
  });
}

void addMarks(CLI::App& app, int& code) {
  auto given = std::make_shared<Given>();
  given->options.jobs = coresHere();
  CLI::App* marks = app.add_subcommand("marks", "Run many seeds and tell how often each situation was reached");
  addSeedOptions(*marks, *given);
  marks->footer("Example:\n  sim marks --seeds 1..3000");
  marks->callback([given, &code] {
    if (!chooseSeeds(*given)) {
      code = kUsage;
      return;
    }
    const SweepResult result = sweepSeeds(given->options);
    const int reached = marksOf(result.marks);
    fmt::print("{}", summaryOf(result));
    code = result.code != kFine ? result.code : reached;
  });
}

}  // namespace sim::cli
