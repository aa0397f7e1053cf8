// `sim explain`: what a seed or a file stands for, without running it.
#include <fmt/format.h>

#include <memory>

#include "sim/cli/commands.h"
#include "sim/cli/exit_code.h"
#include "sim/cli/help.h"
#include "sim/cli/scenario_option.h"
#include "sim/plan/json.h"

namespace sim::cli {

void addExplain(CLI::App& app, int& code) {
  auto given = std::make_shared<ScenarioOption>();
  CLI::App* explain = app.add_subcommand("explain", "Print a scenario as JSON and run nothing");
  given->addTo(*explain);
  addFooter(*explain, {"sim explain --seed 4 > four.json", "sim explain --seed 0x5b1e | jq .faults"}, {});
  explain->callback([given, &code] {
    const auto scenario = given->load();
    code = scenario ? kFine : kUsage;
    if (scenario) fmt::print("{}\n", plan::toJson(*scenario));
  });
}

}  // namespace sim::cli
