// `sim run`: one scenario.
#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>
#include <memory>

#include "sim/cli/commands.h"
#include "sim/cli/exit_code.h"
#include "sim/cli/help.h"
#include "sim/cli/one_run.h"
#include "sim/cli/rehearse_option.h"
#include "sim/cli/scenario_option.h"
#include "sim/cli/seed.h"

namespace sim::cli {
namespace {

struct Options {
  ScenarioOption from;
  RehearseOption rehearsal;
  TraceOption trace;
};

// It is told before it is run, so that the run can be repeated whatever becomes of it.
void drawSeed(ScenarioOption& from) {
  from.seed = freshSeed();
  fmt::print("fresh seed: {}\n", from.asGiven());
  std::fflush(stdout);
}

int runOne(const Options& options) {
  const auto scenario = options.from.load();
  if (!scenario) return kUsage;
  const Outcome outcome = runTraced(*scenario, options.from.asGiven(), options.trace);
  if (outcome.code != kFine) std::_Exit(outcome.code);
  fmt::print("ok  seed={}  hash={:016x}  {} requests  {} events  {:.1f} s of virtual time\n", scenario->seed,
             outcome.hash, outcome.requests, outcome.events, outcome.virtual_seconds);
  return kFine;
}

}  // namespace

void addRun(CLI::App& app, int& code) {
  auto options = std::make_shared<Options>();
  CLI::App* run = app.add_subcommand("run", "Run one scenario and judge it");
  CLI::Option_group* from = options->from.addTo(*run);
  from->require_option(0, 2);  // without any it is a fresh seed; a rehearsal may have both
  from->get_option("--scenario")
      ->description("Read it from this file: JSON as `sim explain` prints it; with --config YAML, docs/simulation.md");
  options->trace.addTo(*run);
  options->rehearsal.addTo(*run);
  addFooter(*run,
            {"sim run", "sim run --seed 4711", "sim run --seed $(git rev-parse HEAD)",
             "sim run --seed 4711 --trace text | less", "sim run --scenario found.json --trace html,pcap --out found",
             "sim run --config config.yaml --scenario scenario.yaml",
             "sim run --config config.yaml --scenario scenario.yaml --seeds 1..20 --report report.html"},
            {kSafety, kLiveness, kCrash});
  run->callback([options, from, &code] {
    if (options->rehearsal.given()) {
      code = options->rehearsal.run(options->from, from->count("--seed") > 0);
    } else if (from->count_all() > 1) {
      throw CLI::ValidationError("--seed and --scenario exclude each other without --config");
    } else {
      if (from->count_all() == 0) drawSeed(options->from);
      code = runOne(*options);
    }
  });
}

}  // namespace sim::cli
