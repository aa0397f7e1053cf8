// See rehearse_option.h.
#include "sim/cli/rehearse_option.h"

#include <fmt/format.h>

#include "sim/cli/exit_code.h"

namespace sim::cli {

static_assert(rehearse::kHolds == kFine && rehearse::kBadInput == kUsage && rehearse::kFails == kSafety);

void RehearseOption::addTo(CLI::App& command) {
  CLI::Option_group* group = command.add_option_group("Rehearsal", "Your own configuration, under a scenario in YAML");
  CLI::Option* config =
      group->add_option("--config", options.config, "Rehearse this configuration of lb; --scenario says what happens");
  group->add_option("--seeds", options.seeds, "Repeat it with each seed of a range, such as 1..20")->needs(config);
  group->add_option("--report", options.report, "Write a page with charts to this file")->needs(config);
  group->add_flag("--json", options.json, "Print JSON instead of a table")->needs(config);
  for (CLI::Option* other : command.get_options()) {  // they are about what a campaign traces
    if (other != command.get_help_ptr()) other->excludes(config);
  }
}

int RehearseOption::run(const ScenarioOption& from, bool seed_given) {
  if (from.file.empty()) {
    fmt::print(stderr, "--config needs --scenario: the file that says what happens to it\n");
    return kUsage;
  }
  options.scenario = from.file;
  if (seed_given) options.seed = from.seed;
  return rehearse::command(options);
}

}  // namespace sim::cli
