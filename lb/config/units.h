// Durations, sizes and numbers as the file writes them, and back. Pure text to value: no place, no path, no range; the
// reader adds those to the message. Each format function writes what its parse function reads back to the same value.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "lb/base/result.h"
#include "lb/env/clock.h"

namespace lb::config {

[[nodiscard]] Result<std::uint64_t> parseInteger(std::string_view text);  // plain decimal: "8080"
[[nodiscard]] Result<Duration> parseDuration(std::string_view text);      // "250ms", "2s", "1m", "1h" or "0"
[[nodiscard]] Result<std::uint64_t> parseSize(std::string_view text);     // "64KiB", "1MiB", "1GiB" or bytes: "4096"
[[nodiscard]] Result<std::uint64_t> parseRate(std::string_view text);     // a size, or a size and "/s"
[[nodiscard]] Result<double> parseRequestRate(std::string_view text);     // "100/s", "0.5/s", "30/m" or "0"; a second
[[nodiscard]] Result<double> parseDecimal(std::string_view text);         // "0.005" or "5e-3"

[[nodiscard]] std::string formatDuration(Duration duration);  // in the largest unit that divides it, to the microsecond
[[nodiscard]] std::string formatSize(std::uint64_t bytes);
[[nodiscard]] std::string formatRate(std::uint64_t bytes_per_second);
[[nodiscard]] std::string formatRequestRate(double per_second);
[[nodiscard]] std::string formatDecimal(double value);  // the shortest that reads back to the same value

// A value of the file inside a message: in quotes, shortened, control characters made visible.
[[nodiscard]] std::string quote(std::string_view text);

}  // namespace lb::config
