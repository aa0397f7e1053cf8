// Quantities that scenarios write and configurations do not; the others are read by lb/config/units.h.
#pragma once

#include <string_view>

#include "lb/base/result.h"
#include "lb/config/reader.h"
#include "sim/model/distribution.h"

namespace sim::rehearse {

[[nodiscard]] lb::Result<lb::Duration> parseTime(std::string_view text);  // a duration of a configuration, or "200us"
[[nodiscard]] lb::Result<double> parseRatio(std::string_view text);       // "0.1%": 0% to 100%
[[nodiscard]] lb::Result<double> parsePerSecond(std::string_view text);   // "500/s", "30/m", "500"

// Into a target, or an error at the value's place. True when the target was set.
bool readTime(const lb::config::Value& value, lb::Duration& target, lb::Duration max);
bool readPerMillion(const lb::config::Value& value, std::uint32_t& target);
bool readPerSecond(const lb::config::Value& value, double& target, double max);

// A single quantity is constant; {mean: }, {median: , p99: } and {from: , to: } are the other laws.
bool readTimeLaw(const lb::config::Value& value, model::Distribution& target);  // nanoseconds
bool readSizeLaw(const lb::config::Value& value, model::Distribution& target);  // bytes

}  // namespace sim::rehearse
