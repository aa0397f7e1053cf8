// `sim validate`: the simulator against queueing theory.
#include "sim/validate/validate.h"

#include <fmt/format.h>

#include <cstdio>
#include <memory>

#include "sim/cli/commands.h"
#include "sim/cli/common_options.h"
#include "sim/cli/exit_code.h"
#include "sim/cli/help.h"

namespace sim::cli {
namespace {

struct Sum {
  int figures = 0;
  int failed = 0;
};

void print(const validate::Verdict& verdict) {
  const std::string off =
      verdict.error > 0 ? fmt::format("{:+.1f}", (verdict.measured - verdict.expected) / verdict.error) : "-";
  fmt::print("{:<5} {:<44} {:<12} {:>10.5g} {:>10.5g} {:>9.3g} {:>5}  {:>9.4g} .. {:<9.4g} {}\n", verdict.id,
             verdict.what, verdict.figure, verdict.expected, verdict.measured, verdict.error, off, verdict.low,
             verdict.high, verdict.passed() ? "ok" : "FAIL");
  if (!verdict.spoilt.empty()) fmt::print("      does not count: {}\n", verdict.spoilt);
  std::fflush(stdout);
}

int runValidation(const validate::Options& options) {
  fmt::print("{:<5} {:<44} {:<12} {:>10} {:>10} {:>9} {:>5}  {:>9} .. {:<9} {}\n", "id", "experiment", "figure",
             "expected", "measured", "std error", "off", "gate from", "to", "verdict");
  Sum sum;
  const bool any = validate::validate(options, [&](const validate::Verdict& verdict) {
    print(verdict);
    ++sum.figures;
    if (!verdict.passed()) ++sum.failed;
  });
  if (!any) {
    fmt::print(stderr, "no experiment is called \"{}\"; there are {}\n", options.only,
               fmt::join(validate::experimentIds(), ", "));
    return kUsage;
  }
  fmt::print(
      "\n{} figures, {} failed (seed {}). Times are in units of the mean service time; \"off\" counts standard "
      "errors.\n",
      sum.figures, sum.failed, options.seed);
  return sum.failed == 0 ? kFine : kSafety;
}

}  // namespace

void addValidate(CLI::App& app, int& code) {
  auto options = std::make_shared<validate::Options>();
  CLI::App* command = app.add_subcommand(
      "validate", "Compare the simulator with queueing theory, through the whole proxy; fails if a figure is off");
  command->add_option("--only", options->only, "The experiments of this id, such as V1");
  addSeed(*command, options->seed, "Seed of all experiments [1]");
  command->add_option("--time", options->time, "Experiments this many times as long")->check(CLI::Range(0.01, 1000.0));
  command->add_flag("--full", options->full, "Long enough for the tight gates, which then apply (minutes)");
  addFooter(*command, {"sim validate", "sim validate --only V4 --seed 7 --time 3", "sim validate --full"}, {kSafety});
  command->callback([options, &code] { code = runValidation(*options); });
}

}  // namespace sim::cli
