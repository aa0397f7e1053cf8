// What an expectation measures on the outcomes of a rehearsal.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "sim/rehearse/expect.h"
#include "sim/rehearse/percentile.h"

namespace sim::rehearse {
namespace {

bool contains(const std::vector<std::size_t>& list, std::size_t one) {
  return std::ranges::find(list, one) != list.end();
}

double seconds(lb::Duration time) {
  return std::chrono::duration<double>(time).count();
}

// Whether the outcome is one that the measure counts.
bool counts(const Expectation& expectation, const Outcome& outcome, const Result& result) {
  switch (expectation.measure) {
    case Measure::EveryAnswered:
    case Measure::Unanswered: return outcome.answered == Answered::Not;
    case Measure::Errors: return outcome.failed();
    case Measure::ProxyErrors: return outcome.failed() && outcome.answered == Answered::ByProxy;
    case Measure::BackendErrors: return outcome.failed() && outcome.answered == Answered::ByBackend;
    case Measure::Status:
      return expectation.number < 10 ? outcome.status / 100 == static_cast<int>(expectation.number)
                                     : outcome.status == static_cast<int>(expectation.number);
    case Measure::Reason: return result.causes[outcome.cause] == expectation.word;
    case Measure::RequestRate: return !outcome.failed();
    case Measure::Share: return contains(expectation.backends, outcome.backend);
    case Measure::Requests:
    case Measure::Percentile:
    case Measure::Mean: return true;
  }
  return false;
}

// What `counts` is compared with. A backend's share is of what the backends of its services answered.
bool isInBase(const Expectation& expectation, const Outcome& outcome, const Layout& layout) {
  if (!expectation.scope.covers(outcome)) return false;
  if (expectation.measure != Measure::Share) return true;
  return outcome.backend != kNoBackend && std::ranges::any_of(expectation.backends, [&](std::size_t backend) {
           return contains(layout.sites[backend].services, outcome.service);
         });
}

double window(const Scope& scope, const Result& result) {
  const lb::Duration from = scope.from.value_or(lb::Duration::zero());
  return seconds(std::min(scope.to.value_or(result.duration), result.duration) - from);
}

bool compare(double measured, Comparison comparison, double limit) {
  switch (comparison) {
    case Comparison::Less: return measured < limit;
    case Comparison::LessOrEqual: return measured <= limit;
    case Comparison::Greater: return measured > limit;
    case Comparison::GreaterOrEqual: return measured >= limit;
    case Comparison::Equal: return measured == limit;
  }
  return false;
}

std::string show(double measured, Unit unit) {
  switch (unit) {
    case Unit::Seconds: return showDuration(measured);
    case Unit::Ratio: return showRatio(measured);
    case Unit::Count: return fmt::format("{:.0f}", measured);
    case Unit::PerSecond: return fmt::format("{:.1f}/s", measured);
  }
  return {};
}

}  // namespace

bool Scope::covers(const Outcome& outcome) const {
  if (from && outcome.began < *from) return false;
  if (to && outcome.began >= *to) return false;
  if (service && outcome.service != *service) return false;
  if (stream && outcome.stream != *stream) return false;
  return backends.empty() || contains(backends, outcome.backend);
}

Verdict judge(const Expectation& expectation, const Result& result, const Layout& layout) {
  Verdict verdict;
  std::size_t base = 0;
  std::size_t counted = 0;
  std::vector<lb::Duration> times;
  for (const Outcome& outcome : result.outcomes) {
    if (!isInBase(expectation, outcome, layout)) continue;
    ++base;
    if (!counts(expectation, outcome, result)) continue;
    ++counted;
    if (expectation.unit == Unit::Seconds) times.push_back(outcome.took);
  }
  const bool of_number = expectation.measure == Measure::Requests || expectation.measure == Measure::RequestRate;
  if (base == 0 && !of_number) {
    verdict.measurable = false;
    verdict.shown = "no such request";
    return verdict;
  }
  switch (expectation.unit) {
    case Unit::Seconds:
      verdict.measured =
          seconds(expectation.measure == Measure::Mean ? meanOf(times) : percentileOf(times, expectation.number));
      break;
    case Unit::Ratio: verdict.measured = static_cast<double>(counted) / static_cast<double>(base); break;
    case Unit::Count: verdict.measured = static_cast<double>(counted); break;
    case Unit::PerSecond:
      verdict.measured = static_cast<double>(counted) / std::max(window(expectation.scope, result), 1e-9);
      break;
  }
  verdict.holds = compare(verdict.measured, expectation.comparison, expectation.limit);
  verdict.shown = show(verdict.measured, expectation.unit);
  if (expectation.measure == Measure::EveryAnswered) verdict.shown = fmt::format("{} of {} not", counted, base);
  return verdict;
}

double badness(const Expectation& expectation, const Verdict& verdict) {
  if (!verdict.measurable) return HUGE_VAL;
  switch (expectation.comparison) {
    case Comparison::Less:
    case Comparison::LessOrEqual: return verdict.measured - expectation.limit;
    case Comparison::Greater:
    case Comparison::GreaterOrEqual: return expectation.limit - verdict.measured;
    case Comparison::Equal: return std::abs(verdict.measured - expectation.limit);
  }
  return 0;
}

std::string showDuration(double seconds) {
  if (seconds < 1e-3) return fmt::format("{:.0f}us", seconds * 1e6);
  if (seconds < 0.1) return fmt::format("{:.1f}ms", seconds * 1e3);
  if (seconds < 1) return fmt::format("{:.0f}ms", seconds * 1e3);
  return fmt::format("{:.2f}s", seconds);
}

std::string showRatio(double ratio) {
  if (ratio == 0 || ratio == 1) return fmt::format("{:.0f}%", ratio * 100);
  return ratio < 0.1 ? fmt::format("{:.3g}%", ratio * 100) : fmt::format("{:.1f}%", ratio * 100);
}

}  // namespace sim::rehearse
