// `sim explain`: what a seed or a file stands for, without running it.
#include <fmt/format.h>

#include <memory>

#include "sim/cli/commands.h"
#include "sim/cli/exit_code.h"
#include "sim/cli/scenario_option.h"
#include "sim/plan/json.h"

namespace sim::cli {

void addExplain(CLI::App& app, int& code) {
  auto given = std::make_shared<ScenarioOption>();
  CLI::App* explain = app.add_subcommand("explain", "Print a scenario as JSON and run nothing");
  given->addTo(*explain);
  explain->callback([given, &code] {
    const auto scenario = given->load();
    code = scenario ? kFine : kUsage;
    if (scenario) fmt::print("{}\n", plan::toJson(*scenario));
  });
}

}  // namespace sim::cli
