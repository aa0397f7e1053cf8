// See parse.h.
#include "sim/rehearse/parse.h"

#include <fmt/format.h>

#include "lb/config/units.h"
#include "lb/config/yaml.h"
#include "sim/rehearse/parse_parts.h"
#include "sim/rehearse/quantity.h"
#include "sim/rehearse/stage.h"

namespace sim::rehearse {
namespace {

using lb::config::Section;
using lb::config::Value;

constexpr std::string_view kSmallestFile = "traffic: [{rate: 100/s}]";

void readHead(Section& file, Scenario& scenario) {
  const auto duration = file.find("duration");
  if (duration && readTime(*duration, scenario.duration, kDurationMax) && scenario.duration < 1ms)
    duration->error("must be more than 0");
  if (const auto warmup = file.find("warmup")) readTime(*warmup, scenario.warmup, kDurationMax);
  file.integer("seed", scenario.seed, {0, ~std::uint64_t{0}});
  file.map("lb", [&](Section& lb) {
    lb.integer("threads", scenario.threads, lb::config::kThreads);
    lb.integer("max_connections", scenario.max_connections, lb::config::kMaxConnections);
  });
}

void layOutAll(const Section& file, Reading& reading) {
  std::vector<const lb::config::Config*> configs{&reading.config};
  for (const auto& later : reading.later_configs) configs.push_back(later.get());
  reading.scenario.layout = layOut(configs, reading.names, reading.later_addresses);
  for (const Site& site : reading.scenario.layout.sites) {
    if (isOfStage(site.address.ip)) file.error(fmt::format("the backend {} {}", site.label, kOfStage));
  }
  for (const auto& task : reading.later) task();
}

// Names and faults first: they say who takes part.
void readFile(Section& file, Reading& reading) {
  readHead(file, reading.scenario);
  if (const auto names = file.find("dns")) readNames(*names, reading);
  if (const auto faults = file.find("faults")) readFaults(*faults, reading);
  layOutAll(file, reading);
  if (const auto traffic = file.find("traffic")) {
    readTraffic(*traffic, reading);
  } else {
    file.error(fmt::format("`traffic` is missing; the smallest valid scenario is: {}", kSmallestFile));
  }
  if (const auto backends = file.find("backends")) readBackends(*backends, reading);
  if (const auto network = file.find("network")) readNetwork(*network, reading);
  if (const auto expectations = file.find("expect")) readExpectations(*expectations, reading);
}

}  // namespace

void readExpectations(const Value& list, Reading& reading) {
  std::vector<std::string> streams;
  for (const Stream& stream : reading.scenario.traffic) streams.push_back(stream.name);
  list.list([&](const Value& item) {
    std::string text;
    if (!item.text(text, "an expectation, such as p99 < 200ms")) return;
    auto expectation = parseExpectation(text, reading.scenario.layout, streams);
    if (!expectation) {
      item.error(expectation.error().what);
      return;
    }
    const auto& from = expectation->scope.from;
    if (from && *from >= reading.scenario.duration) {
      item.error(fmt::format("nothing begins then: the scenario lasts {}",
                             lb::config::formatDuration(reading.scenario.duration)));
    }
    reading.scenario.expectations.push_back(std::move(*expectation));
  });
}

std::expected<Scenario, std::vector<lb::config::Issue>> parse(std::string_view yaml, const lb::config::Config& config,
                                                              const ReadFile& read_file) {
  const auto document = lb::config::load(yaml);
  if (!document) return std::unexpected(std::vector{document.error()});
  lb::config::Reading file;
  Scenario scenario;
  Reading reading{config, read_file, scenario, {}, {}, {}, {}};
  const lb::config::Node& root = document->root();
  if (root.kind == lb::config::Node::Kind::Map) {
    Value(file, root, root.place, "").map([&](Section& section) { readFile(section, reading); });
  } else {
    const bool empty = root.kind == lb::config::Node::Kind::Null;
    file.issues.error(empty ? lb::config::Place{1, 1} : root.place, "",
                      fmt::format("{}; the smallest valid scenario is: {}",
                                  empty ? "the file is empty" : "the file must be a map", kSmallestFile));
  }
  if (file.issues.hasErrors()) return std::unexpected(file.issues.takeErrors());
  return scenario;
}

}  // namespace sim::rehearse
