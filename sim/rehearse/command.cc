// See command.h.
#include "sim/rehearse/command.h"

#include <fmt/format.h>

#include <filesystem>

#include "lb/config/units.h"
#include "sim/rehearse/files.h"
#include "sim/rehearse/parse.h"
#include "sim/rehearse/present.h"
#include "sim/rehearse/rehearse.h"

namespace sim::rehearse {
namespace {

constexpr std::uint64_t kSeedsMax = 1000;

struct Seeds {
  std::uint64_t first = 0;
  std::uint64_t last = 0;
};

lb::Result<Seeds> seedsOf(const Options& options, const Scenario& scenario) {
  if (options.seeds.empty()) {
    const std::uint64_t seed = options.seed.value_or(scenario.seed);
    return Seeds{seed, seed};
  }
  if (options.seed) return lb::fail("--seed and --seeds exclude each other");
  const std::size_t dots = options.seeds.find("..");
  if (dots != std::string::npos) {
    const auto first = lb::config::parseInteger(std::string_view(options.seeds).substr(0, dots));
    const auto last = lb::config::parseInteger(std::string_view(options.seeds).substr(dots + 2));
    if (first && last && *first <= *last && *last - *first < kSeedsMax) return Seeds{*first, *last};
  }
  return lb::fail(fmt::format("--seeds {}: write a range such as 1..20, of at most {}",
                              lb::config::quote(options.seeds), kSeedsMax));
}

// Files that the scenario names stand beside it.
std::optional<Scenario> readScenario(const std::string& file, const lb::config::Config& config) {
  const auto text = read(file);
  if (!text) {
    complain(text.error().what);
    return std::nullopt;
  }
  const std::filesystem::path folder = std::filesystem::path(file).parent_path();
  auto scenario = parse(*text, config, [&](const std::string& name) { return read((folder / name).string()); });
  if (scenario) return std::move(*scenario);
  for (const auto& issue : scenario.error()) complain(lb::config::format(file, issue));
  return std::nullopt;
}

}  // namespace

int command(const Options& options) {
  const auto config = readConfig(options.config);
  if (!config) return kBadInput;
  auto scenario = readScenario(options.scenario, *config);
  if (!scenario) return kBadInput;
  const auto seeds = seedsOf(options, *scenario);
  if (!seeds) {
    complain(seeds.error().what);
    return kBadInput;
  }
  Rehearsed rehearsed{std::move(*scenario), options.config, options.scenario, {}, {}, {}};
  for (std::uint64_t seed = seeds->first;; ++seed) {
    auto result = rehearse(*config, rehearsed.scenario, seed);
    if (!result) {
      complain(fmt::format("{}: {}", options.config, result.error().what));
      return kBadInput;
    }
    add(rehearsed, std::move(*result));
    if (seed == seeds->last) break;
  }
  return present(rehearsed, options.json, options.report);
}

}  // namespace sim::rehearse
