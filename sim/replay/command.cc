// See command.h.
#include "sim/replay/command.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <iostream>

#include "sim/rehearse/files.h"
#include "sim/rehearse/rehearse.h"
#include "sim/replay/names.h"

namespace sim::replay {
namespace {

using lb::Duration;
using namespace std::chrono_literals;
using rehearse::complain;

constexpr std::string_view kStream = "recorded";
constexpr Duration kPatienceMin = 60s;  // of clients that the log has not seen leaving

// The end of the time axis: behind the last request's beginning, on a round number.
Duration roundUp(Duration time) {
  const Duration step = time < 10s ? Duration(1ms) : Duration(1s);
  return (time / step + 1) * step;
}

Duration longest(const rehearse::Result& recorded) {
  Duration most{};
  for (const rehearse::Outcome& outcome : recorded.outcomes) most = std::max(most, outcome.took);
  return most;
}

std::optional<Log> readLog(const Options& options, const lb::config::Config& config) {
  const bool standard = options.log == "-";
  std::ifstream file;
  if (!standard) file.open(options.log, std::ios::binary);
  if (!standard && !file) {
    complain(fmt::format("{}: cannot be read", options.log));
    return std::nullopt;
  }
  auto log = readLog(standard ? std::cin : file, standard ? "standard input" : options.log, config, options.reading);
  if (log) return std::move(*log);
  for (const std::string& mistake : log.error()) complain(mistake);
  return std::nullopt;
}

// Whether all is well: then the scenario has the expectations.
bool addExpectations(const std::vector<std::string>& texts, rehearse::Scenario& scenario) {
  bool fine = true;
  for (const std::string& text : texts) {
    auto expectation = rehearse::parseExpectation(text, scenario.layout, {std::string(kStream)});
    if (!expectation) {
      complain(fmt::format("--expect '{}': {}", text, expectation.error().what));
      fine = false;
      continue;
    }
    scenario.expectations.push_back(std::move(*expectation));
  }
  return fine;
}

}  // namespace

rehearse::Scenario scenarioOf(Log& log) {
  rehearse::Scenario scenario;
  scenario.duration = roundUp(log.duration);
  scenario.layout = std::move(log.layout);
  rehearse::Stream stream;
  stream.name = kStream;
  stream.patience = std::max(kPatienceMin, 2 * longest(log.recorded));
  stream.connections = 1'000'000;
  scenario.traffic.push_back(std::move(stream));
  scenario.recording = std::make_shared<rehearse::Recording>(std::move(log.recording));
  rehearse::Side backends{.kind = rehearse::Side::Kind::Backends, .backends = {}};
  for (std::size_t i = 0; i < scenario.layout.sites.size(); ++i) backends.backends.push_back(i);
  const rehearse::Side lb;
  const rehearse::Side clients{.kind = rehearse::Side::Kind::Clients, .backends = {}};
  rehearse::LinkPatch at_once;
  at_once.latency = Duration::zero();
  scenario.network.push_back({{clients, lb}, at_once});
  scenario.network.push_back({{lb, backends}, at_once});
  scenario.faults = log.outages;
  return scenario;
}

int command(const Options& options) {
  const auto config = rehearse::readConfig(options.config);
  if (!config) return rehearse::kBadInput;
  // Those that the configuration itself says; those of its names come with the log.
  if (const std::string wrong = misplaced(rehearse::layOut({&*config}, {}, {})); !wrong.empty()) {
    complain(fmt::format("{}: {}", options.config, wrong));
    return rehearse::kBadInput;
  }
  auto log = readLog(options, *config);
  if (!log) return rehearse::kBadInput;
  rehearse::Rehearsed replayed{scenarioOf(*log), options.config, options.log, {}, {}, {}};
  if (!addExpectations(options.expect, replayed.scenario)) return rehearse::kBadInput;
  replayed.recorded = std::move(log->recorded);
  replayed.recorded->duration = replayed.scenario.duration;
  replayed.notes = std::move(log->notes);
  auto result = rehearse::rehearse(*config, replayed.scenario, options.seed);
  if (!result) {
    complain(fmt::format("{}: {}", options.config, result.error().what));
    return rehearse::kBadInput;
  }
  rehearse::add(replayed, std::move(*result));
  return rehearse::present(replayed, options.json, options.report);
}

}  // namespace sim::replay
