// See outages.h.
#include "sim/replay/outages.h"

#include <algorithm>

namespace sim::replay {

lb::Duration atSpeed(lb::Duration time, double speed) {
  return speed == 1 ? time : lb::Duration(static_cast<lb::Duration::rep>(static_cast<double>(time.count()) / speed));
}

void Outages::see(const Line& line, lb::Duration began) {
  if (line.backend.empty()) return;
  const auto down = down_.find(line.backend);
  const bool silent = line.reason == "connect_timeout";
  if (silent || line.reason == "connect_failed") {
    if (down == down_.end()) {
      down_.emplace(line.backend, outages_.size());
      outages_.push_back({line.backend, silent, began, {}});
    } else {  // lines come in the order of their ends
      Outage& outage = outages_[down->second];
      outage.from = std::min(outage.from, began);
    }
  } else if (down != down_.end() && line.by_backend && began > outages_[down->second].from) {
    outages_[down->second].to = began;
    down_.erase(down);
  }
}

std::vector<rehearse::Fault> Outages::faults(const rehearse::Layout& layout, lb::Duration zero, double speed) const {
  std::vector<rehearse::Fault> faults;
  for (const Outage& outage : outages_) {
    rehearse::Fault fault;
    fault.backends = layout.matching(outage.backend);
    if (fault.backends.empty()) continue;
    fault.kind = outage.silent ? rehearse::FaultKind::BlackHole : rehearse::FaultKind::Stop;
    fault.text = (outage.silent ? "black hole " : "stop ") + outage.backend;
    fault.at = std::max(atSpeed(outage.from - zero, speed), lb::Duration::zero());
    if (outage.to) fault.length = std::max(atSpeed(*outage.to - zero, speed) - fault.at, lb::Duration(1));
    faults.push_back(std::move(fault));
  }
  return faults;
}

}  // namespace sim::replay
