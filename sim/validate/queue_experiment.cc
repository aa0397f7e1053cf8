// See queue_experiment.h.
#include "sim/validate/queue_experiment.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "sim/validate/lab.h"
#include "sim/validate/statistics.h"

namespace sim::validate {
namespace {

constexpr double kErrors = 4;             // a gate of so many standard errors
constexpr double kLeastTolerance = 0.01;  // relative; where only standard errors are gates
constexpr double kErrorMax = 0.07;        // relative; an experiment that knows less says nothing
constexpr double kLittleOff = 1e-9;       // relative
constexpr double kOverheadMax = 0.001;    // units
constexpr double kBatch = 8;              // times the queue's memory, or batches depend on each other
constexpr double kWarmUp = 4;             // times the queue's memory

model::Distribution serviceLaw(Law law) {
  switch (law) {
    case Law::Constant: return model::Distribution::constant(kUnit);
    case Law::Exponential: return model::Distribution::exponential(kUnit);
    case Law::Bimodal: return model::Distribution::bimodal(kUnit, kBimodalCv2);
  }
  return {};
}

double cv2Of(Law law) {
  return law == Law::Constant ? 0 : law == Law::Exponential ? 1 : kBimodalCv2;
}

// The squared coefficient of variation of the time between two arrivals at a server.
double cv2OfArrivals(const QueueExperiment& experiment) {
  if (experiment.arrivals == model::Arrivals::Kind::Regular) return 0;
  return experiment.service.balance == lb::config::Balance::RoundRobin ? 1.0 / experiment.servers : 1;
}

// Does the proxy itself make one queue for all servers, or turn away what they have no room for?
bool queuesInProxy(const QueueExperiment& experiment) {
  return experiment.service.limits.max_inflight > 0 && experiment.service.limits.queue.max > 0;
}

bool queuesNowhere(const QueueExperiment& experiment) {
  const auto& limits = experiment.service.limits;
  return experiment.queue_max == 0 || (limits.max_inflight > 0 && limits.queue.max == 0);
}

// How long a queue remembers, in units: the relaxation time of M/M/c, scaled as in heavy traffic by the variability of
// arrivals and service. Without a queue it is a few services.
// Where requests go to the shortest queue the servers are nearly one with as many slots; with two choices no queue is
// long.
double memory(const QueueExperiment& experiment) {
  using lb::config::Balance;
  if (queuesNowhere(experiment) || experiment.service.balance == Balance::P2c) return 10;
  const double root = 1 - std::sqrt(experiment.load);
  const bool as_one = queuesInProxy(experiment) || experiment.service.balance == Balance::LeastRequest;
  const std::uint32_t together = as_one ? experiment.servers : 1;
  return (cv2OfArrivals(experiment) + cv2Of(experiment.law)) / 2 / (experiment.slots * together * root * root);
}

struct Counts {
  std::uint64_t warm_up;
  std::uint64_t measured;
};

double timeOf(const QueueExperiment& experiment, const Options& options) {
  return (options.full ? experiment.full_time : experiment.time) * options.time;
}

Counts countsOf(const QueueExperiment& experiment, const Options& options) {
  const double per_unit = experiment.load * experiment.servers * experiment.slots;
  return {static_cast<std::uint64_t>(per_unit * kWarmUp * memory(experiment)) + 1,
          static_cast<std::uint64_t>(per_unit * timeOf(experiment, options)) + Series::kBatches};
}

bool asks(const QueueExperiment& experiment, Figure figure) {
  return std::ranges::find(experiment.expectations, figure, &Expectation::figure) != experiment.expectations.end();
}

LabPlan labPlan(const QueueExperiment& experiment, const Options& options, std::uint64_t requests) {
  const double per_second =
      experiment.load * experiment.servers * experiment.slots / std::chrono::duration<double>(kUnit).count();
  return {.service = experiment.service,
          .servers = experiment.servers,
          .station = {.slots = experiment.slots,
                      .discipline = experiment.discipline,
                      .queue_max = experiment.queue_max,
                      .service = serviceLaw(experiment.law)},
          .arrivals = {.kind = experiment.arrivals, .rate = {{Duration::zero(), per_second}}},
          .requests = requests,
          .losses = asks(experiment, Figure::Lost),
          .log = asks(experiment, Figure::Waits),
          .seed = Chance(options.seed).stream(experiment.id + experiment.what).next()};
}

const char* nameOf(Figure figure) {
  switch (figure) {
    case Figure::MeanTime: return "mean time";
    case Figure::P99: return "p99";
    case Figure::Lost: return "share lost";
    case Figure::Waits: return "share waits";
  }
  return "";
}

std::string trouble(Lab& lab, const QueueExperiment& experiment, const Options& options) {
  if (!lab.spoilt().empty()) return lab.spoilt();
  const double batch = timeOf(experiment, options) / static_cast<double>(Series::kBatches);
  if (batch < kBatch * memory(experiment)) {
    return fmt::format("too short: batches of {:.0f} units, and the queue remembers {:.0f}", batch, memory(experiment));
  }
  const double little = std::max(lab.offLittleAtClient(), lab.offLittleAtStations());
  if (little > kLittleOff) return fmt::format("Little's law is off by {}", little);
  // What a request waits in the proxy's queue is spent outside the stations, too.
  if (const double extra = lab.overhead(); extra > kOverheadMax && !queuesInProxy(experiment)) {
    return fmt::format("proxy and network add {} of the unit", extra);
  }
  return {};
}

void setGate(Verdict& verdict, double tolerance, bool full) {
  const double tight = (tolerance > 0 ? tolerance : kLeastTolerance) * verdict.expected;
  const double gate = full && tolerance > 0 ? tight : std::max(tight, kErrors * verdict.error);
  verdict.low = verdict.expected - gate;
  verdict.high = verdict.expected + gate;
  if (verdict.spoilt.empty() && verdict.error > kErrorMax * verdict.expected) {
    verdict.spoilt = fmt::format("too short: a standard error of {:.1f} %", 100 * verdict.error / verdict.expected);
  }
}

}  // namespace

std::vector<Verdict> run(const QueueExperiment& experiment, const Options& options) {
  const Counts counts = countsOf(experiment, options);
  Lab lab(labPlan(experiment, options, counts.warm_up + counts.measured));
  Series times(counts.measured);
  Series losses(counts.measured);
  Series waits(counts.measured);
  std::uint64_t lines = 0;
  const double unit = std::chrono::duration<double>(kUnit).count();
  const auto on_done = [&](const model::Outcome& outcome) {
    if (outcome.id <= counts.warm_up) return;
    const std::uint64_t index = outcome.id - counts.warm_up - 1;
    times.add(index, std::chrono::duration<double>(outcome.latency()).count() / unit);
    losses.add(index, outcome.status == 503 ? 1 : 0);
  };
  const auto on_line = [&](std::string_view line) {  // in the order of their ends
    if (++lines <= counts.warm_up) return;
    waits.add(lines - counts.warm_up - 1, line.find("\"t_queue\":null") == std::string_view::npos ? 1 : 0);
  };
  lab.run(on_done, on_line);
  std::vector<Verdict> verdicts;
  for (const Expectation& wanted : experiment.expectations) {
    Estimate found;
    switch (wanted.figure) {
      case Figure::MeanTime: found = times.mean(); break;
      case Figure::P99: found = times.quantile(0.99); break;
      case Figure::Lost: found = losses.mean(); break;
      case Figure::Waits: found = waits.mean(); break;
    }
    Verdict verdict{.id = experiment.id,
                    .what = experiment.what,
                    .figure = nameOf(wanted.figure),
                    .expected = wanted.expected,
                    .measured = found.value,
                    .error = found.error,
                    .spoilt = trouble(lab, experiment, options),
                    .requests = lab.requests()};
    setGate(verdict, wanted.tolerance, options.full);
    verdicts.push_back(std::move(verdict));
  }
  return verdicts;
}

}  // namespace sim::validate
