// `sim regressions`: every scenario of a folder, one after the other. Those in sim/regressions once found a bug.
#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <system_error>
#include <vector>

#include "sim/cli/commands.h"
#include "sim/cli/exit_code.h"
#include "sim/cli/help.h"
#include "sim/cli/one_run.h"
#include "sim/cli/scenario_option.h"
#include "sim/shrink/trial.h"

namespace sim::cli {
namespace {

constexpr std::chrono::seconds kCpuMax{60};  // of one scenario: one that spins ends, too

int codeOf(const shrink::Verdict& verdict) {
  if (!verdict.failed()) return kFine;
  if (verdict.invariant.starts_with("safety.")) return kSafety;
  return verdict.invariant.starts_with("liveness.") ? kLiveness : kCrash;
}

// What a run that failed tells, told by a process of its own, because it cannot be taken apart. One that crashes or
// does not end has nothing to tell.
void report(const plan::Scenario& scenario, const std::string& file, const shrink::Verdict& verdict) {
  if (codeOf(verdict) == kCrash) {
    fmt::print("FAIL {}\n  what     {}\n  replay   sim run --scenario {}\n", verdict.invariant, verdict.what, file);
    return;
  }
  std::fflush(nullptr);
  const pid_t child = fork();
  if (child < 0) throw std::system_error(errno, std::generic_category(), "fork");
  if (child == 0) std::_Exit(runScenario(scenario, "--scenario " + file).code);
  waitpid(child, nullptr, 0);
}

int runAll(const std::string& folder) {
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() == ".json") files.push_back(entry.path().string());
  }
  std::ranges::sort(files);
  if (files.empty()) {
    fmt::print(stderr, "{}: there is no scenario in it\n", folder);
    return kUsage;
  }
  int code = kFine;
  std::size_t failed = 0;
  for (const std::string& file : files) {
    const auto scenario = readScenario(file);
    if (!scenario) return kUsage;
    const shrink::Verdict verdict = shrink::tryOut(*scenario, kCpuMax);
    if (!verdict.failed()) continue;
    report(*scenario, file, verdict);
    if (failed++ == 0) code = codeOf(verdict);
  }
  fmt::print("{} scenarios passed, {} failed\n", files.size() - failed, failed);
  return code;
}

}  // namespace

void addRegressions(CLI::App& app, int& code) {
  auto folder = std::make_shared<std::string>();
  CLI::App* regressions = app.add_subcommand("regressions", "Run every stored scenario of a folder");
  regressions->add_option("FOLDER", *folder, "Where the files are")->required()->check(CLI::ExistingDirectory);
  addFooter(*regressions, {"sim regressions sim/regressions"}, {kSafety, kLiveness, kCrash});
  regressions->callback([folder, &code] { code = runAll(*folder); });
}

}  // namespace sim::cli
