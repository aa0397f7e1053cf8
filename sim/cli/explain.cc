// `sim explain`: what a seed stands for, without running it.
#include <fmt/format.h>

#include <memory>

#include "sim/cli/commands.h"
#include "sim/cli/exit_code.h"
#include "sim/plan/scenario.h"

namespace sim::cli {

void addExplain(CLI::App& app, int& code) {
  auto seed = std::make_shared<std::uint64_t>(0);
  CLI::App* explain = app.add_subcommand("explain", "Print the scenario of a seed as JSON and run nothing");
  explain->add_option("--seed", *seed, "The seed")->required();
  explain->callback([seed, &code] {
    fmt::print("{}\n", plan::toJson(plan::generate(*seed)));
    code = kFine;
  });
}

}  // namespace sim::cli
