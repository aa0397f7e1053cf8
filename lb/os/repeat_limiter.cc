// All windows have one length, so the oldest ends first and a list by age is all the bookkeeping.
#include "lb/os/repeat_limiter.h"

#include <fmt/format.h>

namespace lb::os {

RepeatLimiter::RepeatLimiter(Logger& logger, const Clock& clock, RepeatLimits limits)
    : logger_(logger), clock_(clock), limits_(limits) {}

RepeatLimiter::~RepeatLimiter() {
  while (!windows_.empty()) closeOldest();
}

void RepeatLimiter::write(LogLevel level, std::string_view line) {
  if (!logger_.enabled(level)) return;
  flush();
  if (const auto known = by_line_.find({level, line}); known != by_line_.end()) {
    if (++known->second->count > limits_.passed_max) return;
  } else {
    if (windows_.size() == limits_.lines_max) closeOldest();
    windows_.push_back({level, std::string(line), clock_.now() + limits_.window, 1});
    by_line_.emplace(std::pair(level, std::string_view(windows_.back().line)), std::prev(windows_.end()));
  }
  logger_.write(level, line);
}

void RepeatLimiter::flush() {
  while (!windows_.empty() && windows_.front().end <= clock_.now()) closeOldest();
}

void RepeatLimiter::closeOldest() {
  const Window& oldest = windows_.front();
  if (oldest.count > limits_.passed_max) {
    logger_.write(oldest.level, fmt::format("{} … repeated {} times", oldest.line, oldest.count - limits_.passed_max));
  }
  by_line_.erase({oldest.level, oldest.line});
  windows_.pop_front();
}

}  // namespace lb::os
