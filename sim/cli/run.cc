// `sim run`: one scenario.
#include <fmt/format.h>

#include <cstdlib>
#include <memory>

#include "sim/cli/commands.h"
#include "sim/cli/exit_code.h"
#include "sim/cli/one_run.h"
#include "sim/cli/scenario_option.h"

namespace sim::cli {
namespace {

struct Options {
  ScenarioOption from;
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
  options->from.addTo(*run);
  options->trace.addTo(*run);
  run->callback([options, &code] { code = runOne(*options); });
}

}  // namespace sim::cli
