// See seed.h.
#include "sim/cli/seed.h"

#include <fmt/format.h>

#include <charconv>
#include <optional>

#include "lb/config/units.h"
#include "lb/os/os_random.h"

namespace sim::cli {
namespace {

constexpr std::uint64_t kFreshSeedMax = 1'000'000'000'000;  // short enough to be read aloud
constexpr std::uint64_t kRangeMax = 1'000'000'000'000;      // more than anybody runs
constexpr std::size_t kHashMin = 7;                         // as git abbreviates by itself
constexpr std::size_t kHashMax = 40;

constexpr std::string_view kDecimal = "0123456789";
constexpr std::string_view kHexadecimal = "0123456789abcdefABCDEF";

bool consistsOf(std::string_view text, std::string_view digits) {
  return !text.empty() && text.find_first_not_of(digits) == std::string_view::npos;
}

std::optional<std::uint64_t> number(std::string_view digits, int base) {
  std::uint64_t value = 0;
  const char* const end = digits.data() + digits.size();
  const auto [rest, error] = std::from_chars(digits.data(), end, value, base);
  if (error != std::errc{} || rest != end) return std::nullopt;
  return value;
}

}  // namespace

lb::Result<std::uint64_t> parseSeed(std::string_view text) {
  std::optional<std::uint64_t> seed;
  if (text.starts_with("0x") && consistsOf(text.substr(2), kHexadecimal)) {
    seed = number(text.substr(2), 16);
  } else if (consistsOf(text, kDecimal) && text.size() != kHashMax) {
    seed = number(text, 10);
  } else if (consistsOf(text, kHexadecimal) && text.size() >= kHashMin && text.size() <= kHashMax) {
    seed = number(text.substr(0, kHashMin), 16);
  } else {
    return lb::fail(fmt::format(
        "{} is no seed: write a decimal number, a hexadecimal one with 0x, or a git hash of {} to {} digits",
        lb::config::quote(text), kHashMin, kHashMax));
  }
  if (!seed) return lb::fail(fmt::format("{} is too large: a seed has 64 bits", lb::config::quote(text)));
  return *seed;
}

std::uint64_t freshSeed() {
  lb::os::OsRandom random;
  return random.next() % kFreshSeedMax;
}

lb::Result<SeedRange> parseSeedRange(std::string_view text) {
  const std::size_t dots = text.find("..");
  if (dots == std::string_view::npos)
    return lb::fail(fmt::format("{} is no range: write FIRST..LAST", lb::config::quote(text)));
  const auto first = parseSeed(text.substr(0, dots));
  if (!first) return std::unexpected(first.error());
  const auto last = parseSeed(text.substr(dots + 2));
  if (!last) return std::unexpected(last.error());
  if (*last < *first) return lb::fail(fmt::format("{} ends before it begins", lb::config::quote(text)));
  if (*last - *first >= kRangeMax) return lb::fail(fmt::format("{} are too many seeds", lb::config::quote(text)));
  return SeedRange{*first, *last};
}

}  // namespace sim::cli
