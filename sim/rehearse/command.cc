// See command.h.
#include "sim/rehearse/command.h"

#include <fmt/format.h>

#include <cmath>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "lb/config/units.h"
#include "sim/rehearse/document.h"
#include "sim/rehearse/page.h"
#include "sim/rehearse/parse.h"
#include "sim/rehearse/percentile.h"
#include "sim/rehearse/rehearse.h"
#include "sim/rehearse/table.h"

namespace sim::rehearse {
namespace {

constexpr std::uint64_t kSeedsMax = 1000;

struct Seeds {
  std::uint64_t first = 0;
  std::uint64_t last = 0;
};

void complain(const std::string& what) {
  fmt::print(stderr, "{}\n", what);
}

lb::Result<std::string> read(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  std::ostringstream text;
  if (!in || !(text << in.rdbuf())) return lb::fail(fmt::format("{}: cannot be read", file));
  return text.str();
}

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

std::optional<lb::config::Config> readConfig(const std::string& file) {
  const auto text = read(file);
  if (!text) {
    complain(text.error().what);
    return std::nullopt;
  }
  auto parsed = lb::config::parse(*text);
  if (parsed) return std::move(parsed->config);
  for (const auto& issue : parsed.error()) complain(lb::config::format(file, issue));
  return std::nullopt;
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

SeedLine lineOf(const Result& result) {
  SeedLine line{.seed = result.seed, .requests = result.outcomes.size()};
  std::vector<lb::Duration> times;
  for (const Outcome& outcome : result.outcomes) {
    times.push_back(outcome.took);
    line.errors += outcome.failed() ? 1 : 0;
  }
  if (!times.empty()) line.p99 = std::chrono::duration<double>(percentileOf(times, 99)).count();
  return line;
}

// Of several seeds the one is shown in which most expectations fail.
void add(Rehearsed& rehearsed, Result result) {
  const Scenario& scenario = rehearsed.scenario;
  SeedLine line = lineOf(result);
  for (std::size_t i = 0; i < scenario.expectations.size(); ++i) {
    const Expectation& expectation = scenario.expectations[i];
    const Verdict verdict = judge(expectation, result, scenario.layout);
    if (rehearsed.judged.size() == i) rehearsed.judged.push_back({verdict, result.seed});
    Judged& judged = rehearsed.judged[i];
    if (badness(expectation, verdict) > badness(expectation, judged.verdict)) {
      judged.verdict = verdict;
      judged.seed = result.seed;
    }
    if (verdict.holds) continue;
    ++judged.failed;
    ++line.failed;
  }
  std::size_t worst = 0;
  for (const SeedLine& earlier : rehearsed.seeds) worst = std::max(worst, earlier.failed);
  const bool first = rehearsed.seeds.empty();
  rehearsed.seeds.push_back(line);
  const bool broken = rehearsed.shown.violation.empty() && !result.violation.empty();
  if (first || broken || (line.failed > worst && rehearsed.shown.violation.empty()))
    rehearsed.shown = std::move(result);
}

bool write(const std::string& file, const std::string& text) {
  std::ofstream out(file, std::ios::binary | std::ios::trunc);
  out << text;
  out.close();
  if (!out.fail()) return true;
  complain(fmt::format("{}: cannot be written", file));
  return false;
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
  fmt::print("{}", options.json ? document(rehearsed) + "\n" : table(rehearsed));
  if (!options.report.empty()) {
    if (!write(options.report, page(rehearsed))) return kBadInput;
    if (!options.json) fmt::print("\nreport: {}\n", options.report);
  }
  return rehearsed.holds() ? kHolds : kFails;
}

}  // namespace sim::rehearse
