// `sim list-faults`: what a seed may switch on.
#include <fmt/format.h>

#include "sim/cli/commands.h"
#include "sim/cli/exit_code.h"
#include "sim/cli/help.h"
#include "sim/plan/families.h"

namespace sim::cli {
namespace {

void print(const char* title, const auto& families) {
  fmt::print("{}\n", title);
  for (const plan::Family& family : families) fmt::print("  {:14} {}\n", family.name, family.about);
}

}  // namespace

void addListFaults(CLI::App& app, int& code) {
  CLI::App* list = app.add_subcommand("list-faults", "Print the families of faults and oddities, and what they are");
  addFooter(*list, {"sim list-faults", "sim list-faults | grep answer"}, {});
  list->callback([&code] {
    fmt::print(
        "Each seed switches each family on or off by itself; one seed in twelve has no faults "
        "(docs/campaigns.md).\n\n");
    print("faults", plan::kFaultFamilies);
    print("oddities: legal, and merely unusual", plan::kOddities);
    print("traffic: what the proxy is told to do about trouble and load", plan::kTrafficFamilies);
    code = kFine;
  });
}

}  // namespace sim::cli
