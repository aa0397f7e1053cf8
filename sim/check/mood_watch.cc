// See mood_watch.h.
#include "sim/check/mood_watch.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <utility>

namespace sim::check {

namespace {

constexpr std::array<std::string_view, 3> kWords{"fine", "panic", "nobody left"};

std::string_view word(Mood mood) {
  return kWords[static_cast<std::size_t>(mood)];
}

std::size_t number(std::string_view text) {
  std::size_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

// What stands behind these words, or nothing.
std::string_view behind(std::string_view text, std::string_view words) {
  const std::size_t at = text.find(words);
  return at == std::string_view::npos ? std::string_view() : text.substr(at + words.size());
}

}  // namespace

// The proxy says what a change makes of it in the moment of that change.
void MoodWatch::look(const std::string& service, const Stock& stock, std::uint32_t percent, bool certain,
                     MonoTime now) {
  Track& track = services_[service];
  if (track.stock != stock || track.certain != certain || track.percent != percent) {
    track.stock = stock;
    track.percent = percent;
    track.certain = certain;
    track.changed_at = now;
    return;
  }
  if (!certain || now <= track.changed_at || stock.mayBe(track.said, percent) || !wrong_.empty()) return;
  wrong_ = fmt::format("{} of {} backends of {} can be used, panic is below {} %, and the log says \"{}\"", stock.up(),
                       stock.all(), service, percent, word(track.said));
}

std::string MoodWatch::onLine(std::string_view line) {
  const bool panic = line.starts_with("panic: ");
  const bool nobody = line.ends_with(": requests get 503");
  if (!panic && !nobody && !line.ends_with(": the others are spared")) return {};
  const std::string_view rest = behind(line, "backends of ");
  Track& track = services_[std::string(rest.substr(0, rest.find(' ')))];
  const Mood mood = panic ? Mood::Panic : nobody ? Mood::Nobody : Mood::Fine;
  if (panic) marks_.leave(Mark::HealthPanic);
  if (nobody) marks_.leave(Mark::HealthNobody);
  if (std::exchange(track.said, mood) == mood) return fmt::format("\"{}\": that was so already", line);
  if (!track.certain) return {};
  const std::size_t usable = number(panic ? behind(line, "panic: ") : line);
  const std::size_t all = number(behind(line, " of "));
  const Stock& stock = track.stock;
  if (usable < stock.up() || usable > stock.up() + stock.tried() || all != stock.all())
    return fmt::format("\"{}\": it is {} of {}", line, stock.up(), stock.all());
  if (!stock.mayBe(mood, track.percent)) return fmt::format("\"{}\": there is no reason", line);
  return {};
}

std::string MoodWatch::judgeShown(std::string_view metrics, std::string_view backends) const {
  for (const auto& [name, track] : services_) {
    const std::string_view panic = behind(metrics, fmt::format("lb_service_panic{{service=\"{}\"}} ", name));
    if (panic.empty()) continue;  // it has just come, or is about to go
    const bool has_to = track.said == Mood::Panic;
    if ((number(panic) == 1) != has_to)
      return fmt::format("lb_service_panic of {} is {}, and the log says \"{}\"", name, number(panic),
                         word(track.said));
    const std::string_view flag = behind(backends, fmt::format("\"service\":\"{}\",\"panic\":", name));
    if (!flag.empty() && flag.starts_with("true") != has_to)
      return fmt::format("/backends has {} panic, and the log says \"{}\"", has_to ? "no" : "a", word(track.said));
    const std::size_t healthy =
        number(behind(metrics, fmt::format("lb_service_healthy_backends{{service=\"{}\"}} ", name)));
    const Stock& stock = track.stock;
    if (track.certain && (healthy < stock.up() || healthy > stock.up() + stock.tried()))
      return fmt::format("lb_service_healthy_backends of {} is {}, and it is {}", name, healthy, stock.up());
  }
  return {};
}

Mood MoodWatch::said(const std::string& service) const {
  const auto known = services_.find(service);
  return known == services_.end() ? Mood::Fine : known->second.said;
}

}  // namespace sim::check
