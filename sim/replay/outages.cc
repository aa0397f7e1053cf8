// See outages.h.
#include "sim/replay/outages.h"

#include <algorithm>

namespace sim::replay {

lb::Duration atSpeed(lb::Duration time, double speed) {
  return speed == 1 ? time : lb::Duration(static_cast<lb::Duration::rep>(static_cast<double>(time.count()) / speed));
}

void Outages::see(const Line& line, lb::Duration began) {
  if (line.backend.empty()) return;
  const bool silent = line.reason == "connect_timeout";
  const bool fails = silent || line.reason == "connect_failed";
  if (fails || line.by_backend) events_[line.backend].push_back({began, fails, silent});
}

void Outages::finish() {
  for (auto& [backend, events] : events_) {
    std::ranges::stable_sort(events, [](const Event& a, const Event& b) {
      return a.at != b.at ? a.at < b.at : !a.fails && b.fails;  // an answer at the very beginning ends nothing
    });
    bool down = false;
    for (const Event& event : events) {
      if (event.fails && !down) outages_.push_back({backend, event.silent, event.at, {}});
      if (!event.fails && down) outages_.back().to = event.at;
      down = event.fails;
    }
  }
  std::ranges::stable_sort(outages_, {}, &Outage::from);
}

std::vector<rehearse::Fault> Outages::faults(const rehearse::Layout& layout, lb::Duration zero, double speed) const {
  std::vector<rehearse::Fault> faults;
  for (const Outage& outage : outages_) {
    rehearse::Fault fault;
    fault.backends = layout.matching(outage.backend);
    if (fault.backends.empty()) continue;
    fault.kind = outage.silent ? rehearse::FaultKind::BlackHole : rehearse::FaultKind::Outage;
    fault.text = (outage.silent ? "black hole " : "stop ") + outage.backend;
    fault.at = std::max(atSpeed(outage.from - zero, speed), lb::Duration::zero());
    if (outage.to) fault.length = std::max(atSpeed(*outage.to - zero, speed) - fault.at, lb::Duration(1));
    faults.push_back(std::move(fault));
  }
  return faults;
}

}  // namespace sim::replay
