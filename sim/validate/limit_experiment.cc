// See limit_experiment.h.
#include "sim/validate/limit_experiment.h"

#include <fmt/format.h>

#include <algorithm>

#include "lb/back/gradient_limit.h"
#include "sim/validate/lab.h"
#include "sim/validate/theory.h"

namespace sim::validate {
namespace {

using namespace std::chrono_literals;

constexpr std::uint32_t kSlots = 100;
constexpr double kLimitTolerance = 0.1;  // relative: latencies are counted in buckets 6 % wide
constexpr double kGoodput = 0.97;        // of the capacity, at least; what is left goes into measuring the idle latency
constexpr double kRounding = 1e-3;
constexpr lb::Duration kWarmUp = 10s;

// One backend of 100 slots and services of equal length, no queue in the proxy, `times` as much traffic as it can do.
std::vector<Verdict> overload(double times, lb::Duration length, const Options& options) {
  const double capacity = kSlots / std::chrono::duration<double>(kUnit).count();
  const double seconds = std::chrono::duration<double>(kWarmUp + length).count();
  LabPlan plan{.station = {.slots = kSlots, .service = model::Distribution::constant(kUnit)},
               .arrivals = {.rate = {{0s, times * capacity}}},
               .requests = static_cast<std::uint64_t>(times * capacity * seconds),
               .losses = true,
               .seed = options.seed};
  plan.service.limits.adaptive.enabled = true;  // the defaults otherwise
  plan.service.limits.queue.max = 0;
  Lab lab(plan);
  std::optional<lb::MonoTime> begin;
  lb::MonoTime end{};
  std::uint64_t served = 0;
  std::vector<std::size_t>
      inside;  // whenever an answer comes, which most of the time is at an arrival that is turned away
  lab.run([&](const model::Outcome& outcome) {
    if (!begin) begin = outcome.intended + kWarmUp;
    if (outcome.end < *begin || outcome.intended.since_start >= (*begin + length).since_start) return;
    end = outcome.end;
    served += outcome.status == 200 ? 1 : 0;
    inside.push_back(lab.inside(0));
  });
  std::ranges::nth_element(inside, inside.begin() + static_cast<std::ptrdiff_t>(inside.size() / 2));
  const auto limit = static_cast<double>(inside[inside.size() / 2]);
  const double done = static_cast<double>(served) / (capacity * std::chrono::duration<double>(end - *begin).count());
  const double expected = gradientLimit(kSlots, lb::back::GradientLimit::kTolerance);
  const std::string what = fmt::format("adaptive limit, {} x of 100 slots offered", times);
  return {{.id = "LIMIT",
           .what = what,
           .figure = "the limit",
           .expected = expected,
           .measured = limit,
           .low = expected * (1 - kLimitTolerance),
           .high = expected * (1 + kLimitTolerance),
           .spoilt = lab.spoilt(),
           .requests = lab.requests()},
          {.id = "LIMIT",
           .what = what,
           .figure = "goodput",
           .expected = 1,
           .measured = done,
           .low = kGoodput,
           .high = 1 + kRounding,
           .spoilt = lab.spoilt(),
           .requests = lab.requests()}};
}

}  // namespace

// Long enough that the idle latency is measured again, each minute or a little later, at the cost of some goodput.
std::vector<Verdict> adaptiveLimit(const Options& options) {
  const auto length =
      std::chrono::duration_cast<lb::Duration>(70s * std::max(1.0, options.time) * (options.full ? 5.0 : 1.0));
  std::vector<Verdict> verdicts = overload(2, length, options);
  const std::vector<Verdict> more = overload(10, length, options);
  verdicts.insert(verdicts.end(), more.begin(), more.end());
  return verdicts;
}

}  // namespace sim::validate
