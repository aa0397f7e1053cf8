// `sim run`: one scenario.
#include <fmt/format.h>

#include <cstdlib>
#include <memory>

#include "sim/cli/commands.h"
#include "sim/cli/exit_code.h"
#include "sim/cli/one_run.h"
#include "sim/cli/rehearse_option.h"
#include "sim/cli/scenario_option.h"

namespace sim::cli {
namespace {

struct Options {
  ScenarioOption from;
  RehearseOption rehearsal;
  TraceOption trace;
};

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
  run->footer(
      "Examples:\n  sim run --seed 4711\n  sim run --seed 4711 --trace text | less\n"
      "  sim run --scenario found.json --trace html,pcap --out found");
  CLI::Option_group* from = options->from.addTo(*run);
  from->require_option(1, 2);  // a rehearsal may have both
  options->trace.addTo(*run);
  options->rehearsal.addTo(*run);
  run->callback([options, from, &code] {
    if (options->rehearsal.given()) {
      code = options->rehearsal.run(options->from, from->count("--seed") > 0);
    } else if (from->count_all() > 1) {
      throw CLI::ValidationError("--seed and --scenario exclude each other without --config");
    } else {
      code = runOne(*options);
    }
  });
}

}  // namespace sim::cli
