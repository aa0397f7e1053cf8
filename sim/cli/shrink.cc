// `sim shrink`: a scenario that fails, made small.
#include "sim/shrink/shrinker.h"

#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <memory>

#include "sim/cli/commands.h"
#include "sim/cli/common_options.h"
#include "sim/cli/exit_code.h"
#include "sim/cli/help.h"
#include "sim/cli/one_run.h"
#include "sim/cli/scenario_option.h"
#include "sim/cli/stopwatch.h"
#include "sim/plan/json.h"
#include "sim/report/hang_watch.h"
#include "sim/shrink/trial.h"

namespace sim::cli {
namespace {

using namespace std::chrono_literals;

struct Options {
  ScenarioOption from;
  std::string out;
  lb::Duration budget = 60s;
};

std::string outName(const Options& options) {
  if (!options.out.empty()) return options.out;
  if (options.from.file.empty()) return fmt::format("seed-{}.min.json", options.from.seed);
  constexpr std::string_view kEnding = ".json";
  std::string stem = options.from.file;
  if (stem.ends_with(kEnding)) stem.resize(stem.size() - kEnding.size());
  return stem + ".min.json";
}

std::string sizeText(const shrink::Size& size) {
  return fmt::format("{} requests, {} faults, {} clients, {} backends, {} services, {} reloads", size.requests,
                     size.faults, size.clients, size.backends, size.services, size.reloads);
}

class Work {
 public:
  Work(const Options& options, plan::Scenario scenario)
      : options_(options), original_(std::move(scenario)), talks_(isatty(STDERR_FILENO) == 1) {}

  int go() {
    constexpr std::chrono::milliseconds kFirstRunMax = 60s;
    const shrink::Verdict first = shrink::tryOut(original_, kFirstRunMax);
    if (!first.failed()) {
      fmt::print(stderr, "{} does not fail: there is nothing to shrink\n", options_.from.asGiven());
      return kUsage;
    }
    invariant_ = first.invariant;
    kind_ = first.kind();
    trial_max_ = std::max<std::chrono::milliseconds>(
        200ms, 4 * std::chrono::duration_cast<std::chrono::milliseconds>(watch_.elapsed()));
    shrink::Shrinker shrinker(original_, {.fails = [this](const plan::Scenario& candidate) { return fails(candidate); },
                                          .enough = [this] { return watch_.elapsed() > options_.budget; },
                                          .onProgress = [this](const plan::Scenario& best) { show(best); }});
    const bool complete = shrinker.go();
    if (talks_) fmt::print(stderr, "\r\033[K");
    return report(shrinker.best(), complete);
  }

 private:
  bool fails(const plan::Scenario& candidate) {
    ++trials_;
    return shrink::tryOut(candidate, trial_max_).kind() == kind_;
  }

  void show(const plan::Scenario& best) {
    if (!talks_ || watch_.seconds() - shown_ < 0.1) return;
    shown_ = watch_.seconds();
    fmt::print(stderr, "\r{:4.0f} s  {} trials  {}\033[K", shown_, trials_, sizeText(shrink::Size(best)));
  }

  int report(const plan::Scenario& best, bool complete) {
    const std::string file = outName(options_);
    if (!writeFile(file, plan::toJson(best) + "\n")) return kUsage;
    fmt::print("{}\n  was      {}\n  now      {}\n  trials   {} in {:.1f} s, {}\n  file     {}\n", invariant_,
               sizeText(shrink::Size(original_)), sizeText(shrink::Size(best)), trials_, watch_.seconds(),
               complete ? "nothing more helps" : "then the time was up", file);
    std::fflush(nullptr);
    const pid_t child = fork();
    if (child < 0) std::abort();
    if (child == 0) {
      const report::HangWatch end;
      std::_Exit(runScenario(best, "--scenario " + file).code);
    }
    int status = 0;
    waitpid(child, &status, 0);
    if (WIFSIGNALED(status)) {
      fmt::print("  dies     by signal {}, of which `sim run --scenario {}` tells more\n", WTERMSIG(status), file);
    }
    return kFine;
  }

  const Options& options_;
  plan::Scenario original_;
  bool talks_;
  Stopwatch watch_;
  std::chrono::milliseconds trial_max_{};
  std::string invariant_;
  std::string kind_;
  std::uint64_t trials_ = 0;
  double shown_ = 0;
};

}  // namespace

void addShrink(CLI::App& app, int& code) {
  auto options = std::make_shared<Options>();
  CLI::App* shrink = app.add_subcommand("shrink", "Make a scenario that fails as small as it can be");
  options->from.addTo(*shrink);
  shrink->add_option("--out", options->out, "Where to write the result [FILE.min.json or seed-N.min.json]");
  addBudget(*shrink, options->budget, "How long to try [60s]");
  addFooter(*shrink, {"sim shrink --seed 4711", "sim shrink found.json --out small.json --budget 5m"}, {});
  shrink->callback([options, &code] {
    auto scenario = options->from.load();
    code = scenario ? Work(*options, *std::move(scenario)).go() : kUsage;
  });
}

}  // namespace sim::cli
