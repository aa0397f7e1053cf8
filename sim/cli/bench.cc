// `sim bench`: how fast the simulator is on this machine. Time is the processor's, so that others who work here do not
// count; nothing passes or fails.
#include "sim/bench/bench.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <ctime>
#include <fstream>
#include <functional>
#include <memory>

#include "sim/cli/commands.h"
#include "sim/cli/common_options.h"
#include "sim/cli/exit_code.h"
#include "sim/cli/help.h"
#include "sim/cli/one_run.h"

namespace sim::cli {
namespace {

constexpr double kRequestsGoal = 100'000;  // a second and core
constexpr double kSeedsGoal = 1000;        // a minute and core

struct Options {
  double seconds = 5;  // of each part
  std::uint64_t seed = 1;
  std::string only;  // a part; empty: all
};

double processorSeconds() {
  return static_cast<double>(std::clock()) / CLOCKS_PER_SEC;
}

double residentMegabytes() {
  std::ifstream file("/proc/self/statm");
  double pages = 0;
  file >> pages >> pages;
  return pages * static_cast<double>(sysconf(_SC_PAGESIZE)) / 1e6;
}

// Repeats the piece until the time is over; the seconds that it took.
double repeat(double seconds, const std::function<void()>& piece) {
  const double begin = processorSeconds();
  while (processorSeconds() - begin < seconds) piece();
  return processorSeconds() - begin;
}

void line(const char* what, double found, const char* unit, double goal) {
  const std::string wanted = goal > 0 ? fmt::format("must be {:.0f}", goal) : "";
  fmt::print("{:<58} {:>10.0f} {:<18} {}\n", what, found, unit, wanted);
  std::fflush(stdout);
}

void plain(const Options& options) {
  std::uint64_t requests = 0;
  std::uint64_t events = 0;
  std::uint64_t seed = options.seed;
  const double took = repeat(options.seconds, [&] {
    const Outcome outcome = runScenario(bench::plainScenario(seed), "");
    ++seed;
    if (outcome.code != kFine) fmt::print("the plain scenario failed with seed {}\n", seed - 1);
    requests += outcome.requests;
    events += outcome.events;
  });
  line("plain keep-alive, every oracle on", static_cast<double>(requests) / took, "requests/s", kRequestsGoal);
  line("", static_cast<double>(events) / took, "events/s", 0);
}

void light(const Options& options) {
  constexpr std::uint64_t kPiece = 50'000;
  std::uint64_t requests = 0;
  std::uint64_t seed = options.seed;
  std::string wrong;
  const double took = repeat(options.seconds, [&] {
    wrong = bench::runLight(seed++, kPiece);
    requests += kPiece;
  });
  if (!wrong.empty()) fmt::print("light actors: {}\n", wrong);
  line("the same by the light actors of load experiments", static_cast<double>(requests) / took, "requests/s", 0);
}

// Seeds in four parts of equal time, with the memory at the end of each: it must not grow with their number. A failed
// seed is printed by its own report, and what it leaves behind stays in memory.
void seeds(const Options& options) {
  constexpr int kParts = 4;
  std::uint64_t seed = options.seed;
  std::uint64_t failed = 0;
  double virtual_seconds = 0;
  std::uint64_t requests = 0;
  double took = 0;
  std::string memory;
  for (int part = 0; part < kParts; ++part) {
    took += repeat(options.seconds / kParts, [&] {
      const Outcome outcome = runScenario(plan::generate(seed), fmt::format("--seed {}", seed));
      ++seed;
      if (outcome.code != kFine) ++failed;
      virtual_seconds += outcome.virtual_seconds;
      requests += outcome.requests;
    });
    memory += fmt::format(" {:.1f}", residentMegabytes());
  }
  const auto count = static_cast<double>(seed - options.seed);
  line("random seeds, everything on", 60 * count / took, "seeds/min", kSeedsGoal);
  fmt::print("{:<58} {:.0f} s of virtual time, {:.0f} requests; {} failed\n", "    one of them, on average",
             virtual_seconds / count, static_cast<double>(requests) / count, failed);
  fmt::print("{:<58}{} MB, must stay\n", fmt::format("    memory after each quarter of {:.0f}", count), memory);
}

}  // namespace

void addBench(CLI::App& app, int& code) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("bench", "How fast the simulator is on one core of this machine");
  command->add_option("--seconds", options->seconds, "Processor time for each part")->check(CLI::Range(0.1, 3600.0));
  addSeed(*command, options->seed, "The first seed [1]");
  command->add_option("--only", options->only, "One part")->check(CLI::IsMember({"plain", "light", "seeds"}));
  addFooter(*command, {"sim bench", "sim bench --seconds 30", "perf record sim bench --only plain"}, {});
  command->callback([options, &code] {
    const auto wanted = [&](std::string_view part) { return options->only.empty() || options->only == part; };
    if (wanted("plain")) plain(*options);
    if (wanted("light")) light(*options);
    if (wanted("seeds")) seeds(*options);
    code = kFine;
  });
}

}  // namespace sim::cli
