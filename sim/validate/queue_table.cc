// See queue_table.h. A row's time is what four standard errors of a few per cent need, its full time what its tight
// gate needs.
#include "sim/validate/queue_table.h"

#include <fmt/format.h>

#include "sim/validate/theory.h"

namespace sim::validate {
namespace {

using lb::config::Balance;
using model::Discipline;

lb::config::Service balanced(Balance balance) {
  lb::config::Service service;
  service.balance = balance;
  return service;
}

// V1: one server, exponential service, Poisson arrivals.
void addMM1(std::vector<QueueExperiment>& rows) {
  struct Row {
    double load, time, full_time;
  };
  for (const Row& row : {Row{0.5, 200'000, 1'000'000}, Row{0.7, 300'000, 1'600'000}, Row{0.9, 1'000'000, 16'000'000}}) {
    rows.push_back({.id = "V1",
                    .what = fmt::format("M/M/1 at {}", row.load),
                    .load = row.load,
                    .service = balanced(Balance::RoundRobin),
                    .expectations = {{Figure::MeanTime, timeInMM1(row.load), 0},
                                     {Figure::P99, quantileOfMM1(row.load, 0.99), 0.03}},
                    .time = row.time,
                    .full_time = row.full_time});
  }
}

// V2: servers of one slot behind one queue, which is the proxy's: limits.max_inflight.
void addProxyQueue(std::vector<QueueExperiment>& rows) {
  struct Row {
    std::uint32_t servers;
    double time, full_time;
  };
  for (const Row& row : {Row{4, 40'000, 1'000'000}, Row{10, 15'000, 400'000}, Row{32, 6000, 100'000}}) {
    lb::config::Service service = balanced(Balance::Random);
    service.limits.max_inflight = 1;
    service.limits.queue = {.max = 1'000'000, .timeout = std::chrono::hours(24)};
    rows.push_back({.id = "V2",
                    .what = fmt::format("a queue in the proxy for {} servers at 0.9", row.servers),
                    .load = 0.9,
                    .servers = row.servers,
                    .service = service,
                    .expectations = {{Figure::MeanTime, 1 + waitInMMc(static_cast<int>(row.servers), 0.9), 0.02},
                                     {Figure::Waits, erlangC(static_cast<int>(row.servers), 0.9), 0.02}},
                    .time = row.time,
                    .full_time = row.full_time});
  }
}

// V9: a limit without a queue turns away what Erlang B says.
void addProxyLoss(std::vector<QueueExperiment>& rows) {
  struct Row {
    double offered, time, full_time;
  };
  for (const Row& row : {Row{5, 30'000, 300'000}, Row{8, 8000, 100'000}, Row{10, 5000, 50'000}}) {
    lb::config::Service service = balanced(Balance::Random);
    service.limits.max_inflight = 10;
    service.limits.queue.max = 0;
    rows.push_back({.id = "V9",
                    .what = fmt::format("a limit of 10 without a queue, {} offered", row.offered),
                    .load = row.offered / 10,
                    .slots = 10,
                    .service = service,
                    .expectations = {{Figure::Lost, erlangB(10, row.offered), 0.03}},
                    .time = row.time,
                    .full_time = row.full_time});
  }
}

// V3: random picks thin Poisson arrivals to Poisson arrivals, so each of the servers is M/M/1. 100 of them at 0.9 take
// so many requests that only the long run has them.
void addRandom(std::vector<QueueExperiment>& rows, bool full) {
  struct Row {
    std::uint32_t servers;
    double load, time, full_time;
  };
  std::vector<Row> wanted{{100, 0.5, 4000, 10'000}, {100, 0.7, 10'000, 20'000}};
  wanted.push_back(full ? Row{100, 0.9, 100'000, 100'000} : Row{10, 0.9, 100'000, 100'000});
  for (const Row& row : wanted) {
    rows.push_back({.id = "V3",
                    .what = fmt::format("random over {} at {}", row.servers, row.load),
                    .load = row.load,
                    .servers = row.servers,
                    .service = balanced(Balance::Random),
                    .expectations = {{Figure::MeanTime, timeInMM1(row.load), 0},
                                     {Figure::P99, quantileOfMM1(row.load, 0.99), 0.03}},
                    .time = row.time,
                    .full_time = row.full_time});
  }
}

// V4: round robin gives each of n servers every n-th of Poisson arrivals. 100 servers at 0.9 take so many requests that
// only the long run has them.
void addRoundRobin(std::vector<QueueExperiment>& rows, bool full) {
  struct Row {
    std::uint32_t servers;
    double load, time, full_time;
  };
  std::vector<Row> wanted{{10, 0.9, 60'000, 1'000'000}, {100, 0.7, 8000, 20'000}};
  if (full) wanted.push_back({100, 0.9, 60'000, 60'000});
  for (const Row& row : wanted) {
    rows.push_back({.id = "V4",
                    .what = fmt::format("round robin over {} at {}", row.servers, row.load),
                    .load = row.load,
                    .servers = row.servers,
                    .service = balanced(Balance::RoundRobin),
                    .expectations = {{Figure::MeanTime, timeInErlangM1(static_cast<int>(row.servers), row.load), 0.02}},
                    .time = row.time,
                    .full_time = row.full_time});
  }
}

// V5 and V6: two choices, and the shortest of all queues. No closed form is known for so few servers; these are the
// figures of a separate model, to within its own error (V6 over 10 at .9: 0.6 %).
void addShorterQueues(std::vector<QueueExperiment>& rows) {
  struct Row {
    const char* id;
    Balance balance;
    std::uint32_t servers;
    double load, expected, tolerance, time, full_time;
  };
  for (const Row& row : {Row{"V5", Balance::P2c, 100, 0.7, 1.6217, 0.015, 3000, 20'000},
                         Row{"V5", Balance::P2c, 100, 0.9, 2.6436, 0.015, 4000, 40'000},
                         Row{"V6", Balance::LeastRequest, 10, 0.7, 1.1623, 0.02, 5000, 100'000},
                         Row{"V6", Balance::LeastRequest, 10, 0.9, 1.911, 0.02, 20'000, 400'000},
                         Row{"V6", Balance::LeastRequest, 100, 0.9, 1.0697, 0.02, 3000, 20'000}}) {
    const char* const name = row.balance == Balance::P2c ? "two choices" : "least requests";
    rows.push_back({.id = row.id,
                    .what = fmt::format("{} over {} at {}", name, row.servers, row.load),
                    .load = row.load,
                    .servers = row.servers,
                    .service = balanced(row.balance),
                    .expectations = {{Figure::MeanTime, row.expected, row.tolerance}},
                    .time = row.time,
                    .full_time = row.full_time});
  }
}

// V7 and V8: processor sharing does not depend on the law of service, waiting in turn does.
void addLaws(std::vector<QueueExperiment>& rows) {
  struct Row {
    Law law;
    const char* name;
    double cv2, time, full_time, tolerance;
  };
  const Row laws[] = {{Law::Constant, "constant", 0, 150'000, 700'000, 0.03},
                      {Law::Exponential, "exponential", 1, 200'000, 1'000'000, 0.03},
                      {Law::Bimodal, "bimodal", kBimodalCv2, 800'000, 16'000'000, 0.1}};
  for (const Row& row : laws) {
    rows.push_back({.id = "V7",
                    .what = fmt::format("M/G/1 sharing at 0.8, {}", row.name),
                    .load = 0.8,
                    .discipline = Discipline::Sharing,
                    .law = row.law,
                    .expectations = {{Figure::MeanTime, timeInMM1(0.8), 0.03}},
                    .time = row.time,
                    .full_time = row.full_time});
  }
  for (const Row& row : laws) {
    rows.push_back({.id = "V8",
                    .what = fmt::format("M/G/1 in turn at 0.8, {}", row.name),
                    .load = 0.8,
                    .law = row.law,
                    .expectations = {{Figure::MeanTime, timeInMG1(0.8, row.cv2), row.tolerance}},
                    .time = row.time,
                    .full_time = row.full_time});
  }
}

// V10: regular arrivals.
void addRegular(std::vector<QueueExperiment>& rows) {
  struct Row {
    double load, time, full_time;
  };
  for (const Row& row : {Row{0.5, 200'000, 400'000}, Row{0.8, 250'000, 2'500'000}, Row{0.9, 500'000, 8'000'000}}) {
    rows.push_back({.id = "V10",
                    .what = fmt::format("D/M/1 at {}", row.load),
                    .load = row.load,
                    .arrivals = model::Arrivals::Kind::Regular,
                    .expectations = {{Figure::MeanTime, timeInDM1(row.load), 0.02}},
                    .time = row.time,
                    .full_time = row.full_time});
  }
}

// Not of the proxy but of the instruments: several slots behind one queue, and none behind none.
void addStations(std::vector<QueueExperiment>& rows) {
  rows.push_back({.id = "SLOTS",
                  .what = "a backend of 10 slots at 0.9: M/M/10",
                  .load = 0.9,
                  .slots = 10,
                  .expectations = {{Figure::MeanTime, 1 + waitInMMc(10, 0.9), 0.02}},
                  .time = 10'000,
                  .full_time = 400'000});
  rows.push_back({.id = "SLOTS",
                  .what = "10 slots, no queue, 10 offered: M/M/10/10",
                  .load = 1,
                  .slots = 10,
                  .queue_max = 0,
                  .expectations = {{Figure::Lost, erlangB(10, 10), 0.03}},
                  .time = 5000,
                  .full_time = 50'000});
}

}  // namespace

std::vector<QueueExperiment> queueExperiments(bool full) {
  std::vector<QueueExperiment> rows;
  addMM1(rows);
  addProxyQueue(rows);
  addRandom(rows, full);
  addRoundRobin(rows, full);
  addShorterQueues(rows);
  addLaws(rows);
  addProxyLoss(rows);
  addRegular(rows);
  addStations(rows);
  return rows;
}

}  // namespace sim::validate
