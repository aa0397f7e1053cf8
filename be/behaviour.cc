// See behaviour.h.
#include "be/behaviour.h"

#include <array>
#include <charconv>
#include <span>
#include <utility>

namespace be {
namespace {

std::optional<std::uint64_t> parseWithUnit(std::string_view text,
                                           std::span<const std::pair<std::string_view, std::uint64_t>> units) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{}) return std::nullopt;
  const std::string_view unit(end, static_cast<std::size_t>(text.data() + text.size() - end));
  for (const auto& [name, factor] : units) {
    if (unit == name && number <= UINT64_MAX / factor) return number * factor;
  }
  return std::nullopt;
}

bool truthy(std::string_view value) {
  return value.empty() || value == "1" || value == "true" || value == "yes";
}

}  // namespace

std::optional<lb::Duration> parseDuration(std::string_view text) {
  static constexpr std::array<std::pair<std::string_view, std::uint64_t>, 5> kUnits{
      {{"us", 1}, {"ms", 1000}, {"s", 1'000'000}, {"m", 60'000'000}, {"h", 3'600'000'000}}};
  if (text == "0") return lb::Duration::zero();
  const auto micros = parseWithUnit(text, kUnits);
  if (!micros || *micros > 3'600'000'000) return std::nullopt;
  return std::chrono::microseconds(*micros);
}

std::optional<std::uint64_t> parseSize(std::string_view text) {
  static constexpr std::array<std::pair<std::string_view, std::uint64_t>, 5> kUnits{
      {{"", 1}, {"B", 1}, {"KiB", 1024}, {"MiB", 1024 * 1024}, {"GiB", 1024 * 1024 * 1024}}};
  const auto bytes = parseWithUnit(text, kUnits);
  return bytes && *bytes <= kSizeMax ? bytes : std::nullopt;
}

bool set(Behaviour& behaviour, std::string_view name, std::string_view value) {
  if (name == "delay" || name == "drip") {
    const auto duration = parseDuration(value);
    if (!duration) return false;
    (name == "delay" ? behaviour.delay : behaviour.drip) = *duration;
    return true;
  }
  if (name == "size" || name == "close") {
    const auto size = parseSize(value);
    if (!size) return false;
    (name == "size" ? behaviour.size : behaviour.close_after) = *size;
    return true;
  }
  if (name == "status") {
    std::uint16_t status = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), status);
    if (error != std::errc{} || end != value.data() + value.size() || status < 200 || status > 599) return false;
    behaviour.status = status;
    return true;
  }
  if (name == "chunked" || name == "echo") {
    (name == "chunked" ? behaviour.chunked : behaviour.echo) = truthy(value);
    return true;
  }
  return false;
}

Behaviour behaviourOf(std::string_view target, const Behaviour& defaults) {
  Behaviour behaviour = defaults;
  const std::size_t mark = target.find('?');
  std::string_view path = target.substr(0, mark);
  const auto next = [](std::string_view& rest, char separator) {
    const std::size_t end = rest.find(separator);
    const std::string_view part = rest.substr(0, end);
    rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
    return part;
  };
  while (!path.empty()) {
    const std::string_view name = next(path, '/');
    if (name == "echo" || name == "chunked") {
      static_cast<void>(set(behaviour, name, ""));  // these take no value in a path
      continue;
    }
    std::string_view ahead = path;
    if (set(behaviour, name, next(ahead, '/'))) path = ahead;
  }
  std::string_view query = mark == std::string_view::npos ? std::string_view{} : target.substr(mark + 1);
  while (!query.empty()) {
    std::string_view pair = next(query, '&');
    const std::string_view name = next(pair, '=');
    static_cast<void>(set(behaviour, name, pair));
  }
  return behaviour;
}

}  // namespace be
