// See quantity.h.
#include "sim/rehearse/quantity.h"

#include <fmt/format.h>

#include <cmath>

#include "lb/config/units.h"
#include "sim/model/portable_math.h"

namespace sim::rehearse {
namespace {

using lb::Duration;
using lb::config::quote;
using lb::config::Section;
using lb::config::Value;

constexpr Duration kLawTimeMax = std::chrono::hours(1);
constexpr std::uint64_t kLawBytesMax = 64 * lb::config::kMiB;

using model::Distribution;
using ReadOne = bool (*)(const Value&, std::int64_t&);

bool oneTime(const Value& value, std::int64_t& target) {
  Duration time{};
  if (!readTime(value, time, kLawTimeMax)) return false;
  target = time.count();
  return true;
}

bool oneSize(const Value& value, std::int64_t& target) {
  std::uint64_t bytes = 0;
  if (!value.size(bytes, {0, kLawBytesMax})) return false;
  target = static_cast<std::int64_t>(bytes);
  return true;
}

bool readPair(const Value& first, const std::optional<Value>& second, std::string_view missing, ReadOne one,
              Distribution& law) {
  if (!second) {
    first.error(fmt::format("needs `{}` beside it", missing));
    return false;
  }
  if (!one(first, law.low) || !one(*second, law.high)) return false;
  if (law.high >= law.low) return true;
  second->error("must not be less than the other value");
  return false;
}

// The lognormal law that has this median and this 99th percentile, by its mean and variance.
bool fitLognormal(const Value& median, Distribution& law) {
  constexpr double kNormal99 = 2.3263478740408408;  // the standard normal law's 99th percentile
  if (law.low <= 0) {
    median.error("must be more than 0");
    return false;
  }
  const double sigma = model::naturalLog(static_cast<double>(law.high) / static_cast<double>(law.low)) / kNormal99;
  const double mean = static_cast<double>(law.low) * model::exponential(sigma * sigma / 2);
  law = {.kind = Distribution::Kind::Lognormal,
         .mean = static_cast<std::int64_t>(mean),
         .cv2 = model::exponential(sigma * sigma) - 1,
         .values = {}};
  if (law.problem().empty()) return true;
  median.error("is too far from `p99`");
  return false;
}

bool readLaw(const Value& value, Distribution& target, ReadOne one) {
  if (value.isScalar()) {
    Distribution law;
    if (!one(value, law.mean)) return false;
    target = law;
    return true;
  }
  bool good = false;
  value.map([&](Section& section) {
    const auto mean = section.find("mean");
    const auto median = section.find("median");
    const auto p99 = section.find("p99");
    const auto from = section.find("from");
    const auto to = section.find("to");
    Distribution law;
    if (mean && !median && !p99 && !from && !to) {
      law.kind = Distribution::Kind::Exponential;
      good = one(*mean, law.mean);
    } else if (median && !mean && !from && !to) {
      good = readPair(*median, p99, "p99", one, law) && fitLognormal(*median, law);
    } else if (from && !mean && !median && !p99) {
      law.kind = Distribution::Kind::Uniform;
      good = readPair(*from, to, "to", one, law);
    } else {
      section.error("a law is one value, or {mean: }, or {median: , p99: }, or {from: , to: }");
    }
    if (good) target = law;
  });
  return good;
}

template <class T>
bool take(const Value& value, lb::Result<T> (*parse)(std::string_view), std::string_view what, T& target) {
  return value.parsed(target, parse, what);
}

}  // namespace

lb::Result<Duration> parseTime(std::string_view text) {
  if (text.ends_with("us")) {
    const auto number = lb::config::parseInteger(text.substr(0, text.size() - 2));
    constexpr std::uint64_t kMicrosecondsMax = 1'000'000'000'000;
    if (number && *number <= kMicrosecondsMax) return std::chrono::microseconds(*number);
  }
  return lb::config::parseDuration(text);
}

lb::Result<double> parseRatio(std::string_view text) {
  if (text.ends_with('%')) {
    const auto number = lb::config::parseDecimal(text.substr(0, text.size() - 1));
    if (number && *number >= 0 && *number <= 100) return *number / 100;
  }
  return lb::fail(fmt::format("{} is not a share, from 0% to 100%", quote(text)));
}

lb::Result<double> parsePerSecond(std::string_view text) {
  double scale = 1;
  std::string_view number = text;
  if (number.ends_with("/s")) {
    number.remove_suffix(2);
  } else if (number.ends_with("/m")) {
    number.remove_suffix(2);
    scale = 60;
  }
  const auto value = lb::config::parseDecimal(number);
  if (value && *value >= 0) return *value / scale;
  return lb::fail(fmt::format("{} is not a rate, such as 500/s or 30/m", quote(text)));
}

bool readTime(const Value& value, Duration& target, Duration max) {
  Duration time{};
  if (!take(value, &parseTime, "a duration, such as 250ms, 2s or 1m", time)) return false;
  if (time > max) {
    value.error(fmt::format("is over {}", lb::config::formatDuration(max)));
    return false;
  }
  target = time;
  return true;
}

bool readPerMillion(const Value& value, std::uint32_t& target) {
  double ratio = 0;
  if (!take(value, &parseRatio, "a share, such as 0.1%", ratio)) return false;
  target = static_cast<std::uint32_t>(std::lround(ratio * 1e6));
  return true;
}

bool readPerSecond(const Value& value, double& target, double max) {
  double rate = 0;
  if (!take(value, &parsePerSecond, "a rate, such as 500/s", rate)) return false;
  if (rate > max) {
    value.error(fmt::format("is over {:.0f}/s", max));
    return false;
  }
  target = rate;
  return true;
}

bool readTimeLaw(const Value& value, model::Distribution& target) {
  return readLaw(value, target, &oneTime);
}

bool readSizeLaw(const Value& value, model::Distribution& target) {
  return readLaw(value, target, &oneSize);
}

}  // namespace sim::rehearse
