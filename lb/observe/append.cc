#include "lb/observe/append.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>

namespace lb::observe {
namespace {

// So many digits, with zeros in front; gives what is behind them. REQUIRES: number < 10^width.
char* putDigits(std::uint64_t number, std::size_t width, char* at) {
  for (std::size_t i = width; i > 0; --i) {
    at[i - 1] = static_cast<char>('0' + number % 10);
    number /= 10;
  }
  return at + width;
}

char* putCharacter(char character, char* at) {
  *at = character;
  return at + 1;
}

constexpr std::size_t kNumberMax = 20;  // digits of a 64-bit number

char* putNumber(std::uint64_t number, char* at) {
  return std::to_chars(at, at + kNumberMax, number).ptr;
}

// Rounded to whole microseconds; never negative, so that no reader meets "-0.000000".
std::uint64_t microseconds(Duration duration) {
  constexpr std::int64_t kHalf = 500;
  const std::int64_t ns = std::max<std::int64_t>(duration.count(), 0);
  return static_cast<std::uint64_t>((ns + std::min(kHalf, std::int64_t{Duration::max().count()} - ns)) / 1000);
}

}  // namespace

void appendNumber(std::uint64_t number, std::string& out) {
  std::array<char, kNumberMax> text;
  out.append(text.data(), putNumber(number, text.data()));
}

void appendTime(WallTime time, std::string& out) {
  using std::chrono::days;
  using std::chrono::floor;
  // The calendar is integer arithmetic; nothing here asks a clock, a time zone or a locale.
  const auto whole_days = floor<days>(time.since_epoch);
  const std::chrono::year_month_day date{std::chrono::sys_days(whole_days)};
  const auto us = static_cast<std::uint64_t>(
      floor<std::chrono::microseconds>(time.since_epoch - std::chrono::duration_cast<Duration>(whole_days)).count());
  std::array<char, 32> text;
  char* at = putDigits(static_cast<std::uint64_t>(static_cast<int>(date.year())), 4, text.data());
  at = putDigits(static_cast<unsigned>(date.month()), 2, putCharacter('-', at));
  at = putDigits(static_cast<unsigned>(date.day()), 2, putCharacter('-', at));
  at = putDigits(us / 3'600'000'000, 2, putCharacter('T', at));
  at = putDigits(us / 60'000'000 % 60, 2, putCharacter(':', at));
  at = putDigits(us / 1'000'000 % 60, 2, putCharacter(':', at));
  at = putDigits(us % 1'000'000, 6, putCharacter('.', at));
  out.append(text.data(), putCharacter('Z', at));
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
  std::array<char, kNumberMax + 7> text;
  char* at = putCharacter('.', putNumber(us / 1'000'000, text.data()));
  out.append(text.data(), putDigits(us % 1'000'000, 6, at));
}

void appendMilliseconds(Duration duration, std::string& out) {
  const std::uint64_t us = microseconds(duration);
  std::array<char, kNumberMax + 4> text;
  char* at = putNumber(us / 1000, text.data());
  if (us % 1000 != 0) {
    at = putDigits(us % 1000, 3, putCharacter('.', at));
    while (at[-1] == '0') --at;
  }
  out.append(text.data(), at);
}

}  // namespace lb::observe
