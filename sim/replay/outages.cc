// See outages.h.
#include "sim/replay/outages.h"

#include <algorithm>

namespace sim::replay {

lb::Duration atSpeed(lb::Duration time, double speed) {
  constexpr auto kMost = static_cast<double>(lb::Duration(std::chrono::days(36'525)).count());
  if (speed == 1) return time;
  const double played = static_cast<double>(time.count()) / speed;
  return lb::Duration(static_cast<lb::Duration::rep>(std::clamp(played, -kMost, kMost)));
}

void Outages::see(const Line& line, lb::Duration began) {
  if (line.backend.empty()) return;
  const bool silent = line.reason == "connect_timeout";
  const bool fails = silent || line.reason == "connect_failed";
  if (fails || line.by_backend) events_[{line.backend, line.address}].push_back({began, fails, silent});
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
    // An address that its name has lost answers no more, and nothing is sent there: it is not down for ever.
    const auto isOfIt = [&](const auto& other) { return other.first.label == backend.label; };
    if (down && std::ranges::count_if(events_, isOfIt) > 1) outages_.back().to = events.back().at;
  }
  std::ranges::stable_sort(outages_, {}, &Outage::from);
}

// A name that stands for several is not enough to know which one it was; and what the log knows by a name may have
// none in the configuration.
std::vector<std::size_t> Outages::sitesOf(const Backend& backend, const rehearse::Layout& layout) {
  std::vector<std::size_t> named = layout.matching(backend.label);
  return named.size() == 1 || !backend.address ? named : layout.matching(backend.address->toString());
}

std::vector<rehearse::Fault> Outages::faults(const rehearse::Layout& layout, lb::Duration zero, double speed) const {
  std::vector<rehearse::Fault> faults;
  for (const Outage& outage : outages_) {
    rehearse::Fault fault;
    fault.backends = sitesOf(outage.backend, layout);
    if (fault.backends.empty()) continue;
    const bool one = fault.backends.size() == 1;
    const std::string& who = one ? layout.sites[fault.backends.front()].label : outage.backend.label;
    fault.kind = outage.silent ? rehearse::FaultKind::BlackHole : rehearse::FaultKind::Outage;
    fault.text = (outage.silent ? "black hole " : "stop ") + who;
    fault.at = std::max(atSpeed(outage.from - zero, speed), lb::Duration::zero());
    if (outage.to) fault.length = std::max(atSpeed(*outage.to - zero, speed) - fault.at, lb::Duration(1));
    faults.push_back(std::move(fault));
  }
  return faults;
}

}  // namespace sim::replay
