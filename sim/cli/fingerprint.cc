// `sim fingerprint`: what `sim check-determinism` asks of other processes and builds.
#include <fmt/format.h>

#include <memory>

#include "sim/cli/commands.h"
#include "sim/cli/common_options.h"
#include "sim/cli/exit_code.h"
#include "sim/cli/scenario_option.h"
#include "sim/repeat/fingerprint.h"

namespace sim::cli {
namespace {

struct Options {
  SeedRange seeds;
  std::string file;
  std::string window;
};

int one(const plan::Scenario& scenario, const std::string& window) {
  if (window.empty()) {
    fmt::print("{}\n", toLine(repeat::take(scenario)));
    return kFine;
  }
  const auto range = parseSeedRange(window);
  if (!range) return kUsage;
  for (const std::string& line : repeat::tell(scenario, {range->first, range->last})) fmt::print("{}\n", line);
  return kFine;
}

int all(const Options& options) {
  if (!options.file.empty()) {
    const auto scenario = readScenario(options.file);
    return scenario ? one(*scenario, options.window) : kUsage;
  }
  for (std::uint64_t seed = options.seeds.first; seed <= options.seeds.last; ++seed) {
    const int code = one(plan::generate(seed), options.window);
    if (code != kFine) return code;
    std::fflush(stdout);  // what is done is done, whatever the next one does
    if (seed == options.seeds.last) break;
  }
  return kFine;
}

}  // namespace

void addFingerprint(CLI::App& app, int& code) {
  auto options = std::make_shared<Options>();
  CLI::App* print = app.add_subcommand("fingerprint", "For check-determinism: a line for each run, to be compared");
  print->group("");  // not for people
  addSeeds(*print, options->seeds, "Of these");
  print->add_option("--scenario", options->file, "Or a file");
  print->add_option("--window", options->window, "FIRST..LAST: tell what happens there instead");
  print->callback([options, &code] { code = all(*options); });
}

}  // namespace sim::cli
