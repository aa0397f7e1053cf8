// See scenario_option.h.
#include "sim/cli/scenario_option.h"

#include <fmt/format.h>

#include <fstream>

#include "sim/cli/common_options.h"
#include "sim/plan/json.h"
#include "sim/rehearse/files.h"

namespace sim::cli {

CLI::Option_group* ScenarioOption::addTo(CLI::App& command) {
  CLI::Option_group* group = command.add_option_group("Scenario", "What to run");
  addSeed(*group, seed, "Make the scenario from this number: decimal, 0x and hexadecimal, or a git hash");
  group->add_option("--scenario,FILE", file, "Read it from this file, as `sim explain` prints it");
  group->require_option(1);
  return group;
}

std::optional<plan::Scenario> ScenarioOption::load() const {
  if (file.empty()) return plan::generate(seed);
  return readScenario(file);
}

std::string ScenarioOption::asGiven() const {
  return file.empty() ? fmt::format("--seed {}", seed) : fmt::format("--scenario {}", file);
}

std::optional<plan::Scenario> readScenario(const std::string& file) {
  const auto text = rehearse::read(file);
  if (!text) {
    fmt::print(stderr, "{}\n", text.error().what);
    return std::nullopt;
  }
  auto scenario = plan::fromJson(*text, file);
  if (!scenario) {
    fmt::print(stderr, "{}\n", scenario.error());
    return std::nullopt;
  }
  return *std::move(scenario);
}

bool writeFile(const std::string& file, const std::string& text) {
  std::ofstream out(file, std::ios::binary | std::ios::trunc);
  out << text;
  out.close();
  if (out) return true;
  fmt::print(stderr, "{}: cannot be written: {}\n", file, std::strerror(errno));
  return false;
}

}  // namespace sim::cli
