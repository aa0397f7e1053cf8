// When backends could not be reached, as far as a log tells: from the first request that lb could not bring to one
// until the first that it answered again.
//
// An outage that a retry has hidden is not in the log: its line names only the backend that was tried last.
#pragma once

#include <compare>
#include <map>
#include <optional>
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
  struct Backend {
    std::string label;
    std::optional<lb::Address> address;
    friend auto operator<=>(const Backend&, const Backend&) = default;
  };
  struct Outage {
    Backend backend;
    bool silent = false;  // attempts to connect had no answer at all
    lb::Duration from{};
    std::optional<lb::Duration> to;
  };
  struct Event {
    lb::Duration at{};
    bool fails = false;
    bool silent = false;
  };
  static std::vector<std::size_t> sitesOf(const Backend& backend, const rehearse::Layout& layout);

  std::map<Backend, std::vector<Event>> events_;
  std::vector<Outage> outages_;
};

// Beyond a hundred years it is a hundred years, so that whatever is added to it fits a clock. REQUIRES: a finite speed
// above 0.
[[nodiscard]] lb::Duration atSpeed(lb::Duration time, double speed);

}  // namespace sim::replay
