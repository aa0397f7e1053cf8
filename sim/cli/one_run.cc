// See one_run.h.
#include "sim/cli/one_run.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cstdio>
#include <cstdlib>

#include "sim/cli/exit_code.h"
#include "sim/cli/failure_of.h"
#include "sim/cli/stopwatch.h"
#include "sim/report/crash_guard.h"
#include "sim/report/hang_watch.h"

namespace sim::cli {
namespace {

report::PageHead headOf(const plan::Scenario& scenario, const Outcome& outcome, const std::string& as_given) {
  return {.title = fmt::format("Seed {}", scenario.seed),
          .failed = false,
          .facts = {{"what",
                     fmt::format("{} requests in {:.1f} s of virtual time", outcome.requests, outcome.virtual_seconds)},
                    {"events", std::to_string(outcome.events)},
                    {"hash", fmt::format("{:016x}", outcome.hash)},
                    {"on", fmt::format("{}", fmt::join(scenario.families, " "))},
                    {"replay", fmt::format("sim run {} --trace text", as_given)}}};
}

void print(const report::FailureReport& report) {
  fmt::print("{}", report::toText(report));
  std::fflush(stdout);
}

void tellCrash(const plan::Scenario& scenario, run::Run& run, const std::string& as_given, const TraceOption& option,
               lb::Duration took, int signal) {
  report::FailureReport report = crashOf(scenario, run, as_given, took, signal);
  run.trace().violation(report.invariant, report.what);
  static_cast<void>(
      option.writeAll(run.trace(), std::to_string(scenario.seed), report::headOf(report), scenario, report.files));
  print(report);
}

Outcome outcomeOf(run::Run& run, bool fine) {
  Outcome outcome;
  outcome.hash = run.world().digest().value();
  outcome.events = run.world().events();
  outcome.requests = run.requests();
  outcome.virtual_seconds = std::chrono::duration<double>(run.world().now().since_start - World::kStart).count();
  outcome.marks = run.ledger().marks();
  if (!fine) outcome.code = run.ledger().violation().kind == check::Class::Liveness ? kLiveness : kSafety;
  return outcome;
}

}  // namespace

Outcome runScenario(const plan::Scenario& scenario, const std::string& as_given, const std::string& folder) {
  auto run = std::make_unique<run::Run>(scenario);
  const Stopwatch watch;
  const bool fine = run->go();
  const lb::Duration took = watch.elapsed();
  const Outcome outcome = outcomeOf(*run, fine);
  if (fine) return outcome;
  static_cast<void>(run.release());
  // Once more, now with somebody who writes down what happens: it happens again.
  auto again = std::make_unique<run::Run>(scenario, true);
  static_cast<void>(again->go());
  report::FailureReport failure = failureOf(scenario, *again, as_given, took);
  if (folder.empty()) {
    failure.files = {fmt::format("sim run {} writes them: scenario, page, capture, traces", as_given)};
  } else {
    TraceOption files;
    files.folder = folder;
    static_cast<void>(files.writeAll(again->trace(), std::to_string(scenario.seed), report::headOf(failure), scenario,
                                     failure.files));
  }
  print(failure);
  static_cast<void>(again.release());
  return outcome;
}

Outcome runTraced(const plan::Scenario& scenario, const std::string& as_given, const TraceOption& option) {
  auto run = std::make_unique<run::Run>(scenario, true);
  run->trace().endAfter(option.until_event);
  const std::string name = std::to_string(scenario.seed);
  bool fine = false;
  const Stopwatch watch;
  {
    const report::CrashGuard guard([&](int signal) {
      tellCrash(scenario, *run, as_given, option, watch.elapsed(), signal);
      std::_Exit(kCrash);
    });
    const report::HangWatch end;
    fine = run->go();
  }
  Outcome outcome = outcomeOf(*run, fine);
  std::vector<std::string> files;
  if (fine) {
    if (!option.writeWanted(run->trace(), name, headOf(scenario, outcome, as_given), files)) outcome.code = kUsage;
    for (const std::string& file : files) fmt::print("{}\n", file);
    return outcome;
  }
  report::FailureReport failure = failureOf(scenario, *run, as_given, watch.elapsed());
  static_cast<void>(option.writeAll(run->trace(), name, report::headOf(failure), scenario, failure.files));
  print(failure);
  static_cast<void>(run.release());
  return outcome;
}

}  // namespace sim::cli
