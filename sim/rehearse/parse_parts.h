// The parts of a scenario file, each read into its place in the Scenario; parse.cc puts them together.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "lb/config/reader.h"
#include "sim/rehearse/parse.h"

namespace sim::rehearse {

// What the readers share. Backends can be looked up once all configurations and addresses are known: whoever meets a
// backend's name before that leaves a task in `later`.
struct Reading {
  const lb::config::Config& config;
  const ReadFile& read_file;
  Scenario& scenario;
  std::map<std::string, NameAnswer> names;
  std::map<std::string, std::vector<lb::IpAddress>> later_addresses;
  std::vector<std::shared_ptr<const lb::config::Config>> later_configs;
  std::vector<std::function<void()>> later;
  std::size_t repeats = 0;  // faults that will be there besides those of the list
};

void readNames(const lb::config::Value& list, Reading& reading);
void readFaults(const lb::config::Value& list, Reading& reading);
// REQUIRES: all else of the fault, which has this index, is read. True: it is to happen again.
bool readRepeats(lb::config::Section& section, const Fault& fault, std::size_t index, Reading& reading);
void readTraffic(const lb::config::Value& list, Reading& reading);
void readBackends(const lb::config::Value& list, Reading& reading);
void readNetwork(const lb::config::Value& list, Reading& reading);
void readExpectations(const lb::config::Value& list, Reading& reading);

// For several of them. A pattern, or a list of patterns; nothing found is an error.
[[nodiscard]] std::vector<std::size_t> readBackendNames(const lb::config::Value& value, const Layout& layout);
[[nodiscard]] Side readSide(const lb::config::Value& value, const Layout& layout);
// "[lb, 10.0.0.2:8080]"
void readBetween(const lb::config::Value& value, const Layout& layout, std::array<Side, 2>& between);
void readLink(lb::config::Section& section, LinkPatch& patch);
void readAnswer(lb::config::Section& section, NamePatch& answer);
[[nodiscard]] bool readHostName(const lb::config::Value& value, std::string& name);

}  // namespace sim::rehearse
