// See common_options.h.
#include "sim/cli/common_options.h"

#include "sim/cli/budget.h"

namespace sim::cli {
namespace {

template <class T>
CLI::Option* add(CLI::App& command, const std::string& name, T& value, lb::Result<T> (*parse)(std::string_view),
                 const std::string& about) {
  return command.add_option_function<std::string>(
      name,
      [name, &value, parse](const std::string& text) {
        const auto parsed = parse(text);
        if (!parsed) throw CLI::ValidationError(name, parsed.error().what);
        value = *parsed;
      },
      about);
}

}  // namespace

CLI::Option* addSeed(CLI::App& command, std::uint64_t& seed, const std::string& about) {
  return add(command, "--seed", seed, parseSeed, about)->type_name("SEED");
}

CLI::Option* addSeeds(CLI::App& command, SeedRange& seeds, const std::string& about) {
  return add(command, "--seeds", seeds, parseSeedRange, about)->type_name("FIRST..LAST");
}

CLI::Option* addBudget(CLI::App& command, lb::Duration& budget, const std::string& about) {
  return add(command, "--budget", budget, parseBudget, about)->type_name("TIME");
}

}  // namespace sim::cli
