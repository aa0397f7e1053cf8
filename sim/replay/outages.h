// When backends could not be reached, as far as a log tells: from the first request that lb could not bring to one
// until the first that it answered again.
//
// An outage that a retry has hidden is not in the log: its line names only the backend that was tried last.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "sim/rehearse/scenario.h"
#include "sim/replay/line.h"

namespace sim::replay {

class Outages {
 public:
  // In any order. `began`: on any clock, the same for all.
  void see(const Line& line, lb::Duration began);
  void finish();  // when all have been seen
  // Times become those since `zero`, divided by `speed`; backends that are not in the layout are not among them.
  [[nodiscard]] std::vector<rehearse::Fault> faults(const rehearse::Layout& layout, lb::Duration zero,
                                                    double speed) const;

 private:
  struct Outage {
    std::string backend;
    bool silent = false;  // attempts to connect had no answer at all
    lb::Duration from{};
    std::optional<lb::Duration> to;
  };
  struct Event {
    lb::Duration at{};
    bool fails = false;
    bool silent = false;
  };
  std::map<std::string, std::vector<Event>> events_;  // by backend
  std::vector<Outage> outages_;
};

[[nodiscard]] lb::Duration atSpeed(lb::Duration time, double speed);

}  // namespace sim::replay
