// What the proxy's log says of a backend's health, against the automaton of health_watch.h.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <string_view>

#include "sim/check/health_watch.h"

namespace sim::check {

using namespace std::chrono_literals;

namespace {

std::string_view between(std::string_view text, std::string_view before, std::string_view after) {
  const std::size_t begin = text.find(before);
  if (begin == std::string_view::npos) return {};
  const std::string_view rest = text.substr(begin + before.size());
  return rest.substr(0, rest.find(after));
}

}  // namespace

std::string HealthWatch::serviceIn(std::string_view line) {
  return std::string(between(line, " of ", " "));
}

std::string HealthWatch::onBackendLine(std::string_view line, MonoTime now, std::size_t under_way) {
  const std::string_view in_brackets = between(line, " (", ")");
  const bool named = line.find(" (") < line.find(" of ");
  const auto number = backendOf(named ? in_brackets : between(line, "backend ", " "));
  const auto service = services_.find(serviceIn(line));
  if (!number || service == services_.end()) return {};
  const auto known = service->second.backends.find(*number);
  if (known == service->second.backends.end()) {
    service->second.leavers[*number].well = false;
    return {};
  }
  Track& track = known->second;
  if (line.find(" has weight ") != std::string_view::npos || line.ends_with(" has its configured weight")) {
    touch(service->second, now);
    track.weightless = line.ends_with(" has weight 0 by hand");
    track.weightless_at = now;
    track.order_unsure = false;
    touch(service->second, now);
    if (track.weightless) marks_.leave(Mark::HealthWeightless);
    return {};
  }
  const bool stays = line.find(" stays ") != std::string_view::npos;
  const std::string_view claimed = stays ? between(line, " stays ", ":") : between(line, " is ", ",");
  const std::string_view before = stays ? claimed : between(line, ", was ", ":");
  const std::string_view why = line.substr(std::min(line.size(), line.find(": ") + 2));
  // What the proxy may have forgotten, and what lookups may have taken away meanwhile, is as it says.
  const bool differs = before != track.word();
  // A worker that is late lets go of who has just come yet, and comes to know it anew, without a word.
  const bool forgettable = now < settledAt() && (track.newcomer || track.forgettable);
  if (track.unsure || (differs && !certain(service->second, now))) {
    const bool never_up = track.never_up && (before == "down" || before == "drained");
    track = {.drained = before == "drained",
             .down = before == "down",
             .ejected = before == "ejected",
             .half_open = before == "half_open",
             .never_up = never_up,
             .unsure = track.unsure && never_up,  // if the proxy has not forgotten it, it was up once
             .weightless = track.weightless,
             .order_unsure = track.order_unsure,
             .row_unknown = true,
             .weightless_at = track.weightless_at};
    track.veiled = true;
  }
  if (track.forgettable) track.checks_moved_at = kNever;  // by a checker that was another one then
  track.forgettable = forgettable;
  if (before != track.word()) return fmt::format("\"{}\": it was {}", line, track.word());
  // What else a backend is besides being drained or down shows late; until then nobody may know it.
  track.veiled = (before == "down" || before == "drained") && (track.veiled || !certain(service->second, now));
  const bool hidden = track.veiled;
  if (hidden && why.starts_with("one request is to show")) track.ejected = true;
  if (hidden && why.starts_with("the request on probation")) track.half_open = true;
  touch(service->second, now);
  std::string wrong;
  if (why.find("failures in a row") != std::string_view::npos) wrong = judgeRow(service->second, *number, under_way);
  if (wrong.empty()) wrong = move(service->second, track, why, now);
  touch(service->second, now);
  // What checks say has nothing to do with what requests said.
  if (why.find("a check ") == std::string_view::npos && why.find("drained by hand") == std::string_view::npos)
    rows_.forget(service->first, *number);
  track.hangups.clear();
  track.moved_at = now;
  if (hidden && claimed != "drained") {  // and now it shows
    track.down = claimed == "down";
    if (!track.down) track.ejected = claimed == "ejected";
    if (!track.down) track.half_open = claimed == "half_open";
  }
  if (wrong.empty() && claimed != track.word()) wrong = fmt::format("it has to be {}", track.word());
  return wrong.empty() ? wrong : fmt::format("\"{}\": {}", line, wrong);
}

// Of a service that has nobody, not even somebody drained, because its names are being looked up, nothing is remembered
// when somebody comes.
std::string HealthWatch::onMoodLine(std::string_view line, MonoTime now) {
  const auto service = services_.find(std::string(between(line, "backends of ", " ")));
  const bool has_nobody = line.starts_with("0 of 0 backends ") && line.ends_with(": the others are spared");
  if (has_nobody && service != services_.end() && hasNames(service->second.settings)) {
    for (auto& [number, track] : service->second.backends) track.unsure = true;
    touch(service->second, now);
  }
  return moods_.onLine(line);
}

// Every request that is under way may have failed there several times already.
std::string HealthWatch::judgeRow(const ServiceTrack& service, std::uint32_t backend, std::size_t under_way) const {
  if (scenario_.config.access_log.format != lb::config::LogFormat::Json) return {};
  const std::uint64_t row = rows_.atMost(service.settings.name, backend) + 4 * under_way;
  if (row >= service.settings.outlier.consecutive_failures) return {};
  return fmt::format("there were no more than {}", row);
}

std::string HealthWatch::move(ServiceTrack& service, Track& track, std::string_view why, MonoTime now) {
  const auto says = [&](std::string_view words) { return why.find(words) != std::string_view::npos; };
  if (says("; out for ")) return eject(service, track, why, now);
  if (says("one request is to show")) {
    if (!track.ejected) return "it was not ejected";
    const Duration late = now - (track.ejected_at + track.length);
    if (track.length > 0s && (late < -kMoment || late > kMoment))
      return fmt::format("{} ms late", std::chrono::duration_cast<std::chrono::milliseconds>(late).count());
    track.ejected = false;
    track.half_open = true;
    track.half_open_at = now;
    track.probe = 0;
  } else if (says("the request on probation ") || says("outlier is off")) {
    if (says("on probation") && !track.half_open) return "nobody was on probation";
    if (says("succeeded")) marks_.leave(Mark::HealthProbationPassed);
    if (says("is being answered")) marks_.leave(Mark::HealthProbationAnswered);
    track.ejected = track.half_open = false;
    track.returned_at = now;
  } else if (says("a check failed")) {
    if (!service.settings.health_check.enabled) return "nobody is checked";
    if (calm_ || scenario_.calm_only) return "there was no reason";
    if (std::string wrong = judgeChecks(service, track, false, now); !wrong.empty()) return wrong;
    track.checks_moved_at = now;
    track.down = true;
    marks_.leave(Mark::HealthDown);
  } else if (says("a check passed") || says("it is not checked any more")) {
    if (says("passed") && (track.ejected || track.half_open)) marks_.leave(Mark::HealthGrayKeptOut);
    if (std::string wrong = judgeChecks(service, track, true, now); says("passed") && !wrong.empty()) return wrong;
    track.checks_moved_at = now;
    track.down = track.never_up = track.unsure = false;
  } else if (says("drained by hand")) {
    track.drained = true;
    track.drained_at = now;
    marks_.leave(Mark::HealthDrained);
  } else if (says("enabled by hand")) {
    track.drained = false;
  } else {
    return "nobody knows such a reason";
  }
  return {};
}

// Of the checks in a row that it takes, each but the first comes an interval after the one before, less its jitter.
std::string HealthWatch::judgeChecks(const ServiceTrack& service, const Track& track, bool up, MonoTime now) {
  const lb::config::HealthCheck& check = service.settings.health_check;
  if (track.checks_moved_at == kNever || hasNames(service.settings)) return {};
  const Duration interval = (up ? check.down_interval : check.interval) * (100 - check.jitter_percent) / 100;
  const Duration least = interval * static_cast<Duration::rep>((up ? check.rise : check.fall) - 1);
  if (now - track.checks_moved_at + kMoment >= least) return {};
  return "there cannot have been enough checks";
}

// What requests have shown has to be worth it.
std::string HealthWatch::judgeOutlier(const lb::config::Outlier& rules, std::string_view why) {
  const auto number = [](std::string_view text) {
    double value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
  };
  if (why.find(" requests succeeded") != std::string_view::npos) {
    const double good = number(why);
    const double all = number(between(why, " of ", " "));
    const bool enough =
        rules.success_percent > 0 && all >= rules.min_requests && good * 100 < all * rules.success_percent;
    return enough ? std::string() : "that is enough of them";
  }
  if (!why.starts_with("answers take ")) return {};
  const double mean = number(between(why, "answers take ", " "));
  const double median = number(between(why, "the median backend's ", " "));
  constexpr double kRounding = 0.05;  // of what is said
  const bool slow = rules.latency_factor > 0 && mean + kRounding > (median - kRounding) * rules.latency_factor;
  return slow ? std::string() : "that is not too slow";
}

// Where the share of successes is judged, answers of 500 are none, whoever asked for them.
bool HealthWatch::mayCountErrors(const ServiceTrack& service, const Track& track, MonoTime now) const {
  if (service.settings.outlier.success_percent == 0) return false;
  const auto isIt = [&](const auto& one) { return &one.second == &track; };
  const std::uint32_t number = std::ranges::find_if(service.backends, isIt)->first;
  if (scenario_.backends[number].be) return true;
  const auto last = in_error_.find(number);
  if (last == in_error_.end()) return false;
  return !calm_ || now - last->second <= service.settings.outlier.window + 1s;
}

std::string HealthWatch::eject(ServiceTrack& service, Track& track, std::string_view why, MonoTime now) {
  const lb::config::Outlier& rules = service.settings.outlier;
  if (!rules.enabled) return "outlier is off";
  if (track.ejected) return "it is ejected already";
  // What requests said before its ejection has been punished.
  if (track.half_open && why.find("on probation") == std::string_view::npos)
    return "one request is to show, and nothing else";
  // An answer that is larger than lb takes, a tunnel that is reset early, and an attempt that has hardly more time than
  // its way takes, fail without anybody's fault.
  const bool errors = mayCountErrors(service, track, now);
  const bool excused = scenario_.has("limits") || scenario_.has("upgrade") || scenario_.has("retries");
  const bool slower = why.starts_with("answers take ");  // than others, which nobody can help
  if ((calm_ || (scenario_.calm_only && !excused)) && !slower && !errors) return "there was no reason";
  if (std::string wrong = judgeOutlier(rules, why); !wrong.empty()) return wrong;
  const std::string_view text = between(why, "; out for ", " s");
  double seconds = 0;
  std::from_chars(text.data(), text.data() + text.size(), seconds);
  const bool again = track.half_open;
  if (!again && now - track.returned_at >= track.length) track.in_a_row = 0;
  if (!again && now - track.returned_at >= 2 * rules.max_ejection) track.row_unknown = false;
  // The log rounds its length to a millisecond: whether it was well for as long is not known at that very moment.
  if (!again && track.returned_at != kNever) {
    const Duration since = now - track.returned_at - track.length;
    if (since > -kMoment && since < kMoment) track.row_unknown = true;
  }
  ++track.in_a_row;
  Duration planned = rules.base_ejection;
  for (std::uint32_t i = 1; i < track.in_a_row && planned < rules.max_ejection; ++i) planned *= 2;
  planned = std::min(planned, rules.max_ejection);
  track.length = std::chrono::duration_cast<Duration>(std::chrono::duration<double>(seconds));
  // Who is on probation has been out before: if that was not counted, a reload has been in between.
  const bool counted = !again || track.in_a_row > 1;
  const bool known = counted && !track.row_unknown && (track.returned_at != kNever || track.in_a_row == 1 || again);
  if (certain(service, now) && known &&
      (track.length < planned * 4 / 5 - kMoment || track.length > planned * 6 / 5 + kMoment))
    return fmt::format("the {}. time in a row is too long or too short", track.in_a_row);
  if (!again && certain(service, now)) {
    const Stock stock = stockOf(service);
    const std::size_t most = std::max<std::size_t>(1, service.backends.size() * rules.max_ejection_percent / 100);
    if (rules.max_ejection_percent == 0 || stock.ejected >= most)
      return fmt::format("{} of {} are out already", stock.ejected, service.backends.size());
    if (stock.up() < (track.weightless ? 1U : 2U)) return "it is the last one";
    if (stock.ejected + 1 == most && most > 1) marks_.leave(Mark::HealthCapReached);
  }
  if (track.in_a_row > 1) marks_.leave(Mark::HealthEjectedAgain);
  if (slower) marks_.leave(Mark::HealthSlowEjected);
  marks_.leave(Mark::HealthEjected);
  track.ejected = true;
  track.half_open = false;
  track.ejected_at = now;
  return {};
}

}  // namespace sim::check
