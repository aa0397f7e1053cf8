// The program's own log, as the core sees it: a level and a line. Sinks, formats and rotation belong to the other side
// (lb/os writes through spdlog, the simulator keeps lines in memory).
#pragma once

#include <cstdint>
#include <string_view>

namespace lb {

enum class LogLevel : std::uint8_t { Trace, Debug, Info, Warn, Error, Off };

class Logger {
 public:
  virtual ~Logger() = default;
  // Callers ask before they format, so that a silent level costs one call.
  [[nodiscard]] virtual bool enabled(LogLevel level) const = 0;
  virtual void write(LogLevel level, std::string_view line) = 0;
};

// Where access-log lines go. Buffering and files belong to the other side; a line arrives whole, without its newline.
class LineSink {
 public:
  virtual ~LineSink() = default;
  virtual void write(std::string_view line) = 0;
};

}  // namespace lb
