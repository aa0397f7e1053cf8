// `sim run`: one scenario.
#include <fmt/format.h>

#include <cstdlib>
#include <memory>

#include "sim/cli/commands.h"
#include "sim/cli/exit_code.h"
#include "sim/cli/one_run.h"

namespace sim::cli {
namespace {

struct Options {
  std::uint64_t seed = 0;
  bool trace = false;
};

int runOne(const Options& options) {
  const plan::Scenario scenario = plan::generate(options.seed);
  const Outcome outcome = runScenario(scenario, options.trace);
  if (outcome.code != kFine) std::_Exit(outcome.code);
  fmt::print("ok  seed={}  hash={:016x}  {} requests  {} events  {:.1f} s of virtual time\n", options.seed,
             outcome.hash, outcome.requests, outcome.events, outcome.virtual_seconds);
  return kFine;
}

}  // namespace

void addRun(CLI::App& app, int& code) {
  auto options = std::make_shared<Options>();
  CLI::App* run = app.add_subcommand("run", "Run one scenario and judge it");
  run->add_option("--seed", options->seed, "Make the scenario from this number")->required();
  run->add_flag("--trace", options->trace, "Print everything that happens, as it happens");
  run->callback([options, &code] { code = runOne(*options); });
}

}  // namespace sim::cli
