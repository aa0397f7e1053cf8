// The program's log and the access log, kept in memory.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "lb/base/log.h"

namespace lb::testutil {

class MemoryLog final : public Logger {
 public:
  [[nodiscard]] bool enabled(LogLevel) const override { return true; }
  void write(LogLevel, std::string_view line) override { lines.emplace_back(line); }
  [[nodiscard]] bool has(std::string_view part) const {
    return std::ranges::any_of(lines, [&](const std::string& line) { return line.find(part) != std::string::npos; });
  }
  std::vector<std::string> lines;
};

class MemoryLines final : public LineSink {
 public:
  void write(std::string_view line) override { lines.emplace_back(line); }
  std::vector<std::string> lines;
};

}  // namespace lb::testutil
