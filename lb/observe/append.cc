#include "lb/observe/append.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>

namespace lb::observe {
namespace {

void appendPadded(std::uint64_t number, std::size_t width, std::string& out) {
  std::array<char, 20> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  const auto size = static_cast<std::size_t>(end - digits.data());
  if (size < width) out.append(width - size, '0');
  out.append(digits.data(), size);
}

// Rounded to whole microseconds; never negative, so that no reader meets "-0.000000".
std::uint64_t microseconds(Duration duration) {
  constexpr std::int64_t kHalf = 500;
  const std::int64_t ns = std::max<std::int64_t>(duration.count(), 0);
  return static_cast<std::uint64_t>((ns + std::min(kHalf, std::int64_t{Duration::max().count()} - ns)) / 1000);
}

}  // namespace

void appendNumber(std::uint64_t number, std::string& out) {
  appendPadded(number, 0, out);
}

void appendTime(WallTime time, std::string& out) {
  using std::chrono::days;
  using std::chrono::floor;
  // The calendar is integer arithmetic; nothing here asks a clock, a time zone or a locale.
  const auto whole_days = floor<days>(time.since_epoch);
  const std::chrono::year_month_day date{std::chrono::sys_days(whole_days)};
  const auto us = static_cast<std::uint64_t>(
      floor<std::chrono::microseconds>(time.since_epoch - std::chrono::duration_cast<Duration>(whole_days)).count());
  appendPadded(static_cast<std::uint64_t>(static_cast<int>(date.year())), 4, out);
  out += '-';
  appendPadded(static_cast<unsigned>(date.month()), 2, out);
  out += '-';
  appendPadded(static_cast<unsigned>(date.day()), 2, out);
  out += 'T';
  appendPadded(us / 3'600'000'000, 2, out);
  out += ':';
  appendPadded(us / 60'000'000 % 60, 2, out);
  out += ':';
  appendPadded(us / 1'000'000 % 60, 2, out);
  out += '.';
  appendPadded(us % 1'000'000, 6, out);
  out += 'Z';
}

void appendAddress(const Address& address, std::string& out) {
  const bool v4 = address.ip.isV4();
  if (!v4) out += '[';
  address.ip.appendTo(out);
  if (!v4) out += ']';
  out += ':';
  appendNumber(address.port, out);
}

void appendSeconds(Duration duration, std::string& out) {
  const std::uint64_t us = microseconds(duration);
  appendNumber(us / 1'000'000, out);
  out += '.';
  appendPadded(us % 1'000'000, 6, out);
}

void appendMilliseconds(Duration duration, std::string& out) {
  const std::uint64_t us = microseconds(duration);
  appendNumber(us / 1000, out);
  if (us % 1000 == 0) return;
  out += '.';
  appendPadded(us % 1000, 3, out);
  while (out.back() == '0') out.pop_back();
}

}  // namespace lb::observe
