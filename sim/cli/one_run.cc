// See one_run.h.
#include "sim/cli/one_run.h"

#include <fmt/format.h>

#include <cstdio>
#include <iostream>

#include "sim/cli/exit_code.h"
#include "sim/report/failure.h"
#include "sim/report/text.h"

namespace sim::cli {
namespace {

constexpr std::size_t kLastLines = 24;

void tellFailure(const plan::Scenario& scenario, run::Run& run, const std::string& as_given) {
  const check::Violation& violation = run.ledger().violation();
  report::FailureReport report;
  report.invariant = violation.invariant;
  report.what = violation.what;
  report.seed = scenario.seed;
  report.time = violation.when;
  report.event = violation.event;
  if (!violation.expected.empty()) report.difference = {{}, 0, violation.expected, violation.seen};
  report.faults_on = scenario.families;
  report.last = report::lastLines(run.trace(), kLastLines);
  report.replay = fmt::format("sim run {} --trace", as_given);
  report.shrink = fmt::format("sim shrink {}", as_given);
  fmt::print("{}", report::toText(report));
  std::fflush(stdout);
}

}  // namespace

Outcome runScenario(const plan::Scenario& scenario, const std::string& as_given, bool trace) {
  auto run = std::make_unique<run::Run>(scenario, trace);
  Outcome outcome;
  const bool fine = run->go();
  outcome.hash = run->world().digest().value();
  outcome.events = run->world().events();
  outcome.requests = run->requests();
  outcome.virtual_seconds = std::chrono::duration<double>(run->world().now().since_start - World::kStart).count();
  outcome.marks = run->ledger().marks();
  if (trace) report::writeText(run->trace(), std::cerr);
  if (fine) return outcome;
  outcome.code = run->ledger().violation().kind == check::Class::Liveness ? kLiveness : kSafety;
  static_cast<void>(run.release());
  // Once more, now with somebody who writes down what happens: it happens again.
  auto again = std::make_unique<run::Run>(scenario, true);
  static_cast<void>(again->go());
  tellFailure(scenario, *again, as_given);
  static_cast<void>(again.release());
  return outcome;
}

}  // namespace sim::cli
