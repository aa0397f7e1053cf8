// One value of the file: its type, its range, and the sentence that tells what is wrong with it.
#include <fmt/format.h>

#include "lb/config/reader.h"
#include "lb/config/suggest.h"
#include "lb/config/units.h"

namespace lb::config {
namespace {

std::string_view kindName(Node::Kind kind) {
  switch (kind) {
    case Node::Kind::Null: return "nothing";
    case Node::Kind::Scalar: return "a single value";
    case Node::Kind::List: return "a list";
    case Node::Kind::Map: return "a map";
  }
  return "nothing";
}

// Nothing when the value is in the range; otherwise "70000 is over 65535 (1 to 65535)".
template <class T, class Format>
std::optional<std::string> outside(T value, const Range<T>& range, Format format, std::string_view also = "") {
  if (value >= range.min && value <= range.max) return std::nullopt;
  if (range.zero_is_off && value == T{}) return std::nullopt;
  const bool under = value < range.min;
  return fmt::format("{} is {} {} ({} to {}{}{})", format(value), under ? "under" : "over",
                     format(under ? range.min : range.max), format(range.min), format(range.max),
                     range.zero_is_off ? ", or 0 for off" : "", also);
}

std::string formatInteger(std::uint64_t value) {
  return std::to_string(value);
}

}  // namespace

bool Reading::spend(std::size_t values, Place place) {
  if (exhausted) return false;
  if (values <= values_left) {
    values_left -= values;
    return true;
  }
  exhausted = true;
  issues.error(place, "", fmt::format("aliases repeat values until there are over {} of them", kValuesMax));
  return false;
}

bool Reading::isNew(const Node& key, const std::string& path, KeysSeen& seen) {
  const auto [first, is_new] = seen.emplace(key.scalar, key.place);
  if (!is_new)
    issues.error(key.place, path, fmt::format("{} is already set on line {}", quote(key.scalar), first->second.line));
  return is_new;
}

bool Value::scalar(std::string_view what) const {
  if (isScalar()) return true;
  error(fmt::format("must be {}, not {}", what, kindName(node_.kind)));
  return false;
}

bool Value::text(std::string& target, std::string_view what) const {
  if (!scalar(what)) return false;
  target = node_.scalar;
  return true;
}

bool Value::boolean(bool& target) const {
  constexpr std::array<Word<bool>, 2> kWords{{{"true", true}, {"false", false}}};
  return word(target, kWords);
}

bool Value::wideInteger(std::uint64_t& target, const IntegerRange& range, std::string_view also) const {
  if (!scalar("a whole number")) return false;
  const Result<std::uint64_t> value = parseInteger(node_.scalar);
  const std::optional<std::string> wrong = value ? outside(*value, range, formatInteger, also) : value.error().what;
  if (wrong) error(*wrong);
  if (!wrong) target = *value;
  return !wrong;
}

bool Value::integerOrAuto(std::uint32_t& target, const IntegerRange& range) const {
  if (!is("auto")) return integer(target, range, ", or auto");
  target = 0;
  return true;
}

bool Value::duration(Duration& target, const DurationRange& range) const {
  if (!scalar("a duration, such as 250ms, 2s, 1m or 1h")) return false;
  const Result<Duration> value = parseDuration(node_.scalar);
  const std::optional<std::string> wrong = value ? outside(*value, range, formatDuration) : value.error().what;
  if (wrong) error(*wrong);
  if (!wrong) target = *value;
  return !wrong;
}

bool Value::size(std::uint64_t& target, const IntegerRange& range) const {
  if (!scalar("a size, such as 4096, 64KiB or 1MiB")) return false;
  const Result<std::uint64_t> value = parseSize(node_.scalar);
  const std::optional<std::string> wrong = value ? outside(*value, range, formatSize) : value.error().what;
  if (wrong) error(*wrong);
  if (!wrong) target = *value;
  return !wrong;
}

bool Value::rate(std::uint64_t& target, const IntegerRange& range) const {
  if (!scalar("a rate in bytes a second, such as 240/s or 1KiB/s")) return false;
  const Result<std::uint64_t> value = parseRate(node_.scalar);
  const std::optional<std::string> wrong = value ? outside(*value, range, formatRate) : value.error().what;
  if (wrong) error(*wrong);
  if (!wrong) target = *value;
  return !wrong;
}

bool Value::requestRate(double& target, const DecimalRange& range) const {
  if (!scalar("a rate of requests, such as 100/s")) return false;
  const Result<double> value = parseRequestRate(node_.scalar);
  const std::optional<std::string> wrong = value ? outside(*value, range, formatRequestRate) : value.error().what;
  if (wrong) error(*wrong);
  if (!wrong) target = *value;
  return !wrong;
}

bool Value::decimal(double& target, const DecimalRange& range) const {
  if (!scalar("a number")) return false;
  const Result<double> value = parseDecimal(node_.scalar);
  const std::optional<std::string> wrong = value ? outside(*value, range, formatDecimal) : value.error().what;
  if (wrong) error(*wrong);
  if (!wrong) target = *value;
  return !wrong;
}

bool Value::cidrs(std::vector<Cidr>& target) const {
  std::vector<Cidr> networks;
  const bool is_list = list([&](const Value& item) {
    std::string raw;
    if (!item.text(raw, "a network, such as 10.0.0.0/8")) return;
    const std::optional<Cidr> network = Cidr::parse(raw);
    if (network) networks.push_back(*network);
    if (!network) item.error(quote(raw) + " is not a network, such as 10.0.0.0/8, 192.0.2.1 or fd00::/8");
  });
  if (is_list) target = std::move(networks);
  return is_list;
}

std::optional<std::size_t> Value::wordIndex(std::span<const std::string_view> known) const {
  const std::string choices = fmt::format("{}", fmt::join(known, " or "));
  if (!scalar(choices)) return std::nullopt;
  for (std::size_t i = 0; i < known.size(); ++i) {
    if (known[i] == node_.scalar) return i;
  }
  const std::optional<std::string_view> near = suggest(node_.scalar, known);
  const std::string hint = near ? fmt::format("; did you mean \"{}\"?", *near) : "";
  error(fmt::format("{} is not {}{}", quote(node_.scalar), choices, hint));
  return std::nullopt;
}

bool Value::list(const std::function<void(const Value&)>& read) const {
  if (!isList()) {
    error(fmt::format("must be a list, not {}", kindName(node_.kind)));
    return false;
  }
  for (std::size_t i = 0; i < node_.list.size(); ++i) {
    if (!reading_.spend(1, place_)) return false;
    const Node& item = *node_.list[i];
    read(Value(reading_, item, item.place, fmt::format("{}[{}]", path_, i)));
  }
  return true;
}

bool Value::entries(const std::function<void(const Value&, const Value&)>& read) const {
  if (node_.kind != Node::Kind::Map && !isNull()) {
    error(fmt::format("must be a map, not {}", kindName(node_.kind)));
    return false;
  }
  if (!reading_.spend(1 + node_.map.size(), place_)) return false;
  KeysSeen seen;
  for (const Entry& entry : node_.map) {
    if (entry.key->kind == Node::Kind::Scalar && !reading_.isNew(*entry.key, path_, seen)) continue;
    const Value key(reading_, *entry.key, entry.key->place, path_);
    const bool empty = entry.value->kind == Node::Kind::Null;
    const std::string path = fmt::format("{}.{}", path_, entry.key->scalar);
    read(key, Value(reading_, *entry.value, empty ? entry.key->place : entry.value->place, path));
  }
  return true;
}

bool Value::map(const std::function<void(Section&)>& read) const {
  if (node_.kind != Node::Kind::Map && !isNull()) {
    error(fmt::format("must be a map, not {}", kindName(node_.kind)));
    return false;
  }
  if (!reading_.spend(1 + node_.map.size(), place_)) return false;
  Section section(reading_, node_, place_, path_);
  read(section);
  section.finish();
  return true;
}

}  // namespace lb::config
