#include "lb/config/units.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <optional>

namespace lb::config {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kQuotedMax = 60;  // characters of a value that a message repeats

struct DurationUnit {
  std::string_view suffix;
  Duration length;
};
// Largest first, as formatDuration tries them.
constexpr std::array<DurationUnit, 5> kDurationUnits{{{"h", 1h}, {"m", 1min}, {"s", 1s}, {"ms", 1ms}, {"us", 1us}}};

struct SizeUnit {
  std::string_view suffix;
  std::uint64_t bytes;
};
constexpr std::array<SizeUnit, 4> kSizeUnits{{{"GiB", 1ULL << 30}, {"MiB", 1ULL << 20}, {"KiB", 1ULL << 10}, {"", 1}}};

struct Number {
  std::uint64_t value = 0;
  std::string_view suffix;
};

// Digits and what follows them. Signs, spaces, fractions and overflow are no number.
std::optional<Number> splitNumber(std::string_view text) {
  Number number;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, number.value);
  if (error != std::errc{}) return std::nullopt;
  number.suffix = text.substr(static_cast<std::size_t>(rest - text.data()));
  return number;
}

bool multiply(std::uint64_t left, std::uint64_t right, std::uint64_t max, std::uint64_t& product) {
  if (right != 0 && left > max / right) return false;
  product = left * right;
  return true;
}

bool isDigits(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

}  // namespace

Result<std::uint64_t> parseInteger(std::string_view text) {
  const std::optional<Number> number = splitNumber(text);
  if (number && number->suffix.empty()) return number->value;
  if (isDigits(text)) return fail(fmt::format("{} is far too large", quote(text)));
  return fail(fmt::format("{} is not a whole number", quote(text)));
}

Result<Duration> parseDuration(std::string_view text) {
  const std::optional<Number> number = splitNumber(text);
  if (!number) return fail(fmt::format("{} is not a duration, such as 250ms, 2s, 1m or 1h", quote(text)));
  if (number->suffix.empty()) {
    if (number->value == 0) return Duration{0};
    return fail(fmt::format("{0} has no unit: write {0}s for seconds or {0}ms for milliseconds", number->value));
  }
  for (const DurationUnit& unit : kDurationUnits) {
    if (unit.suffix != number->suffix) continue;
    std::uint64_t nanoseconds = 0;
    constexpr auto kMax = static_cast<std::uint64_t>(std::numeric_limits<Duration::rep>::max());
    if (!multiply(number->value, static_cast<std::uint64_t>(unit.length.count()), kMax, nanoseconds)) {
      return fail(fmt::format("{} is far too long", quote(text)));
    }
    return Duration{static_cast<Duration::rep>(nanoseconds)};
  }
  return fail(
      fmt::format("{} is not a duration: the unit is one of us, ms, s, m, h, after a whole number", quote(text)));
}

Result<std::uint64_t> parseSize(std::string_view text) {
  const std::optional<Number> number = splitNumber(text);
  if (!number) return fail(fmt::format("{} is not a size, such as 4096, 64KiB or 1MiB", quote(text)));
  for (const SizeUnit& unit : kSizeUnits) {
    if (unit.suffix != number->suffix) continue;
    std::uint64_t bytes = 0;
    if (multiply(number->value, unit.bytes, std::numeric_limits<std::uint64_t>::max(), bytes)) return bytes;
    return fail(fmt::format("{} is far too large", quote(text)));
  }
  return fail(fmt::format("{} is not a size: the unit is one of KiB, MiB, GiB, or none for bytes", quote(text)));
}

Result<std::uint64_t> parseRate(std::string_view text) {
  constexpr std::string_view kPerSecond = "/s";
  if (text.ends_with(kPerSecond)) return parseSize(text.substr(0, text.size() - kPerSecond.size()));
  return parseSize(text);
}

Result<double> parseDecimal(std::string_view text) {
  double value = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, value);
  if (error == std::errc{} && rest == end && std::isfinite(value)) return value;
  return fail(fmt::format("{} is not a number", quote(text)));
}

Result<double> parseRequestRate(std::string_view text) {
  struct Unit {
    std::string_view suffix;
    double seconds;
  };
  constexpr std::array<Unit, 3> kUnits{{{"/s", 1}, {"/m", 60}, {"/h", 3600}}};
  if (text == "0") return 0.0;
  for (const Unit& unit : kUnits) {
    if (!text.ends_with(unit.suffix)) continue;
    const Result<double> number = parseDecimal(text.substr(0, text.size() - unit.suffix.size()));
    if (number) return *number / unit.seconds;
  }
  return fail(fmt::format("{} is not a rate of requests, such as 100/s, 0.5/s, 30/m or 1000/h", quote(text)));
}

std::string formatDuration(Duration duration) {
  if (duration == Duration{0}) return "0";
  for (const DurationUnit& unit : kDurationUnits) {
    if (duration % unit.length == Duration{0}) return fmt::format("{}{}", duration / unit.length, unit.suffix);
  }
  return fmt::format("{}us", duration / 1us);
}

std::string formatSize(std::uint64_t bytes) {
  if (bytes == 0) return "0";
  for (const SizeUnit& unit : kSizeUnits) {
    if (bytes % unit.bytes == 0) return fmt::format("{}{}", bytes / unit.bytes, unit.suffix);
  }
  return fmt::format("{}", bytes);
}

std::string formatRate(std::uint64_t bytes_per_second) {
  return bytes_per_second == 0 ? "0" : formatSize(bytes_per_second) + "/s";
}

std::string formatRequestRate(double per_second) {
  return per_second == 0 ? "0" : formatDecimal(per_second) + "/s";
}

std::string formatDecimal(double value) {
  return fmt::format("{}", value);
}

std::string quote(std::string_view text) {
  std::string shown = "\"";
  for (const char character : text.substr(0, kQuotedMax)) {
    const auto byte = static_cast<unsigned char>(character);
    if (byte < 0x20 || byte == 0x7f) {
      shown += fmt::format("\\x{:02x}", byte);
    } else {
      shown += character;
    }
  }
  if (text.size() > kQuotedMax) shown += "...";
  return shown + "\"";
}

}  // namespace lb::config
