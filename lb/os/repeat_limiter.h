// A Logger that keeps one fault from filling the disk: of equal lines the first few in each window pass, the rest are
// counted, and one line says how many there were. The same goes for all lines of a kind together, since those that
// quote what clients send differ as clients like: lines are of one kind if they are the same up to the first quote.
// One per worker, as it is not thread-safe; the logger behind may be shared.
#pragma once

#include <cstdint>
#include <list>
#include <map>
#include <string>

#include "lb/base/log.h"
#include "lb/env/clock.h"

namespace lb::os {

struct RepeatLimits {
  std::uint32_t passed_max = 5;   // equal lines in a window
  std::uint32_t kind_max = 1000;  // lines of a kind, which quote something, in a window
  Duration window = std::chrono::seconds(10);
  std::size_t lines_max = 256;  // remembered at a time; beyond it the oldest is forgotten
};

class RepeatLimiter final : public Logger {
 public:
  RepeatLimiter(Logger& logger, const Clock& clock, RepeatLimits limits = {});
  ~RepeatLimiter() override;  // reports what is still pending
  RepeatLimiter(const RepeatLimiter&) = delete;
  RepeatLimiter& operator=(const RepeatLimiter&) = delete;

  [[nodiscard]] bool enabled(LogLevel level) const override { return logger_.enabled(level); }
  void write(LogLevel level, std::string_view line) override;
  // Reports windows that have ended. Every write does it too, so a timer is needed only for the very last report.
  void flush();

 private:
  struct Window {
    LogLevel level;
    std::string line;
    MonoTime end;
    std::uint64_t count;
  };
  using Windows = std::list<Window>;
  struct Kind {
    MonoTime end{};
    std::uint64_t count = 0;
  };
  using Kinds = std::map<std::pair<LogLevel, std::string>, Kind>;

  [[nodiscard]] bool hasRoom(LogLevel level, std::string_view line);
  void remember(LogLevel level, std::string_view line);
  void closeOldest();
  void report(const Kinds::value_type& kind);

  Logger& logger_;
  const Clock& clock_;
  const RepeatLimits limits_;
  Windows windows_;                                                             // by age
  std::map<std::pair<LogLevel, std::string_view>, Windows::iterator> by_line_;  // keys look into windows_
  Kinds kinds_;  // with an open window; as many as the program has such lines
};

}  // namespace lb::os
