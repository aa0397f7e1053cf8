// All windows of lines have one length, so the oldest ends first and a list by age is all the bookkeeping.
#include "lb/os/repeat_limiter.h"

#include <fmt/format.h>

#include <utility>

namespace lb::os {

RepeatLimiter::RepeatLimiter(Logger& logger, const Clock& clock, RepeatLimits limits)
    : logger_(logger), clock_(clock), limits_(limits) {}

RepeatLimiter::~RepeatLimiter() {
  while (!windows_.empty()) closeOldest();
  for (auto& [level, all] : levels_) closeLevel(level, all);
}

void RepeatLimiter::write(LogLevel level, std::string_view line) {
  if (!logger_.enabled(level)) return;
  flush();
  const auto known = by_line_.find({level, line});
  if (known != by_line_.end() && ++known->second->count > limits_.passed_max) return;
  if (!hasRoom(level)) return;
  if (known == by_line_.end()) remember(level, line);
  logger_.write(level, line);
}

void RepeatLimiter::flush() {
  while (!windows_.empty() && windows_.front().end <= clock_.now()) closeOldest();
  for (auto& [level, all] : levels_) {
    if (all.end <= clock_.now()) closeLevel(level, all);
  }
}

bool RepeatLimiter::hasRoom(LogLevel level) {
  Level& all = levels_[level];
  if (all.count == 0) all.end = clock_.now() + limits_.window;
  return ++all.count <= limits_.level_max;
}

void RepeatLimiter::remember(LogLevel level, std::string_view line) {
  if (windows_.size() == limits_.lines_max) closeOldest();
  windows_.push_back({level, std::string(line), clock_.now() + limits_.window, 1});
  by_line_.emplace(std::pair(level, std::string_view(windows_.back().line)), std::prev(windows_.end()));
}

void RepeatLimiter::closeOldest() {
  const Window& oldest = windows_.front();
  if (oldest.count > limits_.passed_max) {
    logger_.write(oldest.level, fmt::format("{} … repeated {} times", oldest.line, oldest.count - limits_.passed_max));
  }
  by_line_.erase({oldest.level, oldest.line});
  windows_.pop_front();
}

void RepeatLimiter::closeLevel(LogLevel level, Level& all) {
  const std::uint64_t count = std::exchange(all.count, 0);
  if (count <= limits_.level_max) return;
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(limits_.window);
  logger_.write(level, fmt::format("… {} more lines in {} s are left out", count - limits_.level_max, seconds.count()));
}

}  // namespace lb::os
