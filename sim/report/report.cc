// See report.h.
#include "sim/report/report.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace sim::report {

std::string failure(const plan::Scenario& scenario, const check::Ledger& ledger) {
  const check::Violation& violation = ledger.violation();
  const double time = std::chrono::duration<double>(violation.when.since_start - World::kStart).count();
  std::size_t requests = 0;
  for (const plan::Client& client : scenario.clients) requests += client.requests.size();
  std::string text =
      fmt::format("FAIL {}  seed={}  t={:.6f}  event={}\n", violation.invariant, scenario.seed, time, violation.event);
  text += fmt::format("  what     {}\n", violation.what);
  text +=
      fmt::format("  who      {} clients, {} requests, {} backends, {} workers, {} faults\n", scenario.clients.size(),
                  requests, scenario.backends.size(), scenario.config.threads, scenario.faults.size());
  text += fmt::format("  on       {}\n", fmt::join(scenario.families, " "));
  for (std::size_t i = 0; i < ledger.last().size(); ++i)
    text += fmt::format("  {:8} {}\n", i == 0 ? "last" : "", ledger.last()[i]);
  text += fmt::format("  replay   sim run --seed {} --trace\n", scenario.seed);
  return text;
}

}  // namespace sim::report
