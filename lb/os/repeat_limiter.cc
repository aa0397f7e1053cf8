// All windows of lines have one length, so the oldest ends first and a list by age is all the bookkeeping.
#include "lb/os/repeat_limiter.h"

#include <fmt/format.h>

#include <utility>

namespace lb::os {

RepeatLimiter::RepeatLimiter(Logger& logger, const Clock& clock, RepeatLimits limits)
    : logger_(logger), clock_(clock), limits_(limits) {}

RepeatLimiter::~RepeatLimiter() {
  while (!windows_.empty()) closeOldest();
  for (const auto& kind : kinds_) report(kind);
}

void RepeatLimiter::write(LogLevel level, std::string_view line) {
  if (!logger_.enabled(level)) return;
  flush();
  const auto known = by_line_.find({level, line});
  if (known != by_line_.end() && ++known->second->count > limits_.passed_max) return;
  if (!hasRoom(level, line)) return;
  if (known == by_line_.end()) remember(level, line);
  logger_.write(level, line);
}

void RepeatLimiter::flush() {
  while (!windows_.empty() && windows_.front().end <= clock_.now()) closeOldest();
  std::erase_if(kinds_, [&](const auto& kind) {
    const bool over = kind.second.end <= clock_.now();
    if (over) report(kind);
    return over;
  });
}

bool RepeatLimiter::hasRoom(LogLevel level, std::string_view line) {
  const std::size_t quote = line.find('"');
  if (quote == std::string_view::npos) return true;
  const auto [place, is_new] = kinds_.try_emplace({level, std::string(line.substr(0, quote))});
  if (is_new) place->second.end = clock_.now() + limits_.window;
  return ++place->second.count <= limits_.kind_max;
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

void RepeatLimiter::report(const Kinds::value_type& kind) {
  const auto& [key, lines] = kind;
  if (lines.count <= limits_.kind_max) return;
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(limits_.window);
  logger_.write(key.first, fmt::format("{}… {} more such lines in {} s are left out", key.second,
                                       lines.count - limits_.kind_max, seconds.count()));
}

}  // namespace lb::os
