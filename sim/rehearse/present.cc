// See present.h.
#include "sim/rehearse/present.h"

#include <fmt/format.h>

#include <algorithm>

#include "sim/rehearse/document.h"
#include "sim/rehearse/files.h"
#include "sim/rehearse/page.h"
#include "sim/rehearse/percentile.h"

namespace sim::rehearse {
namespace {

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

}  // namespace

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

int present(const Rehearsed& rehearsed, bool json, const std::string& report) {
  fmt::print("{}", json ? document(rehearsed) + "\n" : table(rehearsed));
  if (!report.empty()) {
    if (!write(report, page(rehearsed))) return kBadInput;
    if (!json) fmt::print("\nreport: {}\n", report);
  }
  return rehearsed.holds() ? kHolds : kFails;
}

}  // namespace sim::rehearse
