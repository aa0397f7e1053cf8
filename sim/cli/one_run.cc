// See one_run.h.
#include "sim/cli/one_run.h"

#include <cstdio>

#include "sim/cli/exit_code.h"
#include "sim/report/report.h"

namespace sim::cli {

Outcome runScenario(const plan::Scenario& scenario, bool trace) {
  auto run = std::make_unique<run::Run>(scenario, trace);
  Outcome outcome;
  const bool fine = run->go();
  outcome.hash = run->world().digest().value();
  outcome.events = run->world().events();
  outcome.requests = run->requests();
  outcome.virtual_seconds = std::chrono::duration<double>(run->world().now().since_start - World::kStart).count();
  if (!fine) {
    const check::Violation& violation = run->ledger().violation();
    outcome.code = violation.kind == check::Class::Liveness ? kLiveness : kSafety;
    std::fputs(report::failure(scenario, run->ledger()).c_str(), stdout);
    std::fflush(stdout);
    static_cast<void>(run.release());
  }
  return outcome;
}

}  // namespace sim::cli
