// `every` and `times` of a fault: it happens again and again. Each time is a fault of its own from here on.
#include <fmt/format.h>

#include "lb/config/units.h"
#include "sim/rehearse/parse_parts.h"
#include "sim/rehearse/quantity.h"

namespace sim::rehearse {
namespace {

using lb::config::formatDuration;
using lb::config::Section;

constexpr lb::config::IntegerRange kTimes{2, kFaultsMax};

}  // namespace

bool readRepeats(Section& section, const Fault& fault, std::size_t index, Reading& reading) {
  const auto every = section.find("every");
  const auto times = section.find("times");
  if (!every) {
    if (times) times->error("needs `every` beside it: the time from one to the next");
    return false;
  }
  Duration step{};
  if (!readTime(*every, step, kDurationMax)) return true;
  const Duration duration = reading.scenario.duration;
  if (step < 1ms) {
    every->error("must be at least 1ms");
    return true;
  }
  if (fault.length > step) every->error("is shorter than `for`: one ends before the next begins");
  if (fault.at >= duration) return true;  // `at` has been told so
  const auto most = static_cast<std::uint64_t>((duration - fault.at - Duration(1)) / step + 1);
  std::uint64_t count = most;
  if (times && !times->integer(count, kTimes)) return true;
  if (count > most) {
    times->error(fmt::format("the last is never reached: {} begin before the scenario's end at {}", most,
                             formatDuration(duration)));
    return true;
  }
  reading.repeats += count - 1;
  if (index + reading.repeats >= kFaultsMax) {
    every->error(fmt::format("makes too many: at most {} faults", kFaultsMax));
    return true;
  }
  // Once this one's backends are known.
  reading.later.emplace_back([&faults = reading.scenario.faults, index, step, count] {
    for (std::uint64_t i = 1; i < count; ++i) {
      Fault again = faults[index];
      again.at += step * static_cast<Duration::rep>(i);
      faults.push_back(std::move(again));
    }
  });
  return true;
}

}  // namespace sim::rehearse
