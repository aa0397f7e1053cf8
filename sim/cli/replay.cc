// `sim replay`: the traffic of an access log under a configuration.
#include "sim/replay/command.h"

#include <memory>

#include "sim/cli/commands.h"
#include "sim/cli/common_options.h"
#include "sim/cli/exit_code.h"
#include "sim/cli/help.h"

namespace sim::cli {

static_assert(rehearse::kHolds == kFine && rehearse::kBadInput == kUsage && rehearse::kFails == kSafety);

void addReplay(CLI::App& app, int& code) {
  auto options = std::make_shared<replay::Options>();
  CLI::App* command = app.add_subcommand(
      "replay", "Replay the traffic of lb's access log with a configuration, against backends that behave as recorded");
  command->add_option("--log,--capture", options->log, "The access log, in its JSON format; - is standard input")
      ->required();
  command->add_option("--config", options->config, "The configuration of lb; it may be another than the recorded one")
      ->required();
  command
      ->add_option("--speed", options->reading.speed, "Requests come this many times as fast; backends do not change")
      ->check(CLI::Range(0.001, 1000.0));
  command->add_option("--limit", options->reading.limit, "Read only the first lines of the log, so many")
      ->check(CLI::PositiveNumber);
  command->add_flag("--skip-bad-lines", options->reading.skip_bad_lines,
                    "Leave out lines that are cut off or not lb's, and say how many");
  command->add_option("--expect", options->expect, "What must hold, such as 'p99 < 200ms'; may be given several times");
  addSeed(*command, options->seed, "Seed of all chance, such as which backend is picked [1]");
  command->add_option("--report", options->report, "Write a page with charts to this file");
  command->add_flag("--json", options->json, "Print JSON instead of a table");
  addFooter(
      *command,
      {"sim replay --log access.jsonl --config config.yaml",
       "sim replay --log access.jsonl --config new.yaml --speed 2 --expect 'p99 < 200ms' --expect 'errors < 0.1%'",
       "zcat access.jsonl.1.gz | sim replay --log - --config new.yaml --report replay.html"},
      {kSafety});
  command->callback([options, &code] { code = replay::command(*options); });
}

}  // namespace sim::cli
