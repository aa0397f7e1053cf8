// See health_watch.h.
#include "sim/check/health_watch.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace sim::check {

using namespace std::chrono_literals;

namespace {

constexpr Duration kReloadTakes = 2s;  // a worker may stand still meanwhile
constexpr Duration kMoment = 1ms;
constexpr std::array<std::string_view, 5> kWords{"up", "down", "ejected", "half_open", "drained"};

std::string_view between(std::string_view text, std::string_view before, std::string_view after) {
  const std::size_t begin = text.find(before);
  if (begin == std::string_view::npos) return {};
  const std::string_view rest = text.substr(begin + before.size());
  return rest.substr(0, rest.find(after));
}

}  // namespace

HealthWatch::State HealthWatch::Track::state() const {
  if (drained) return State::Drained;
  if (down) return State::Down;
  if (ejected) return State::Ejected;
  return half_open ? State::HalfOpen : State::Up;
}

std::optional<std::uint32_t> HealthWatch::backendOf(std::string_view address) const {
  const std::string_view ip = address.substr(0, address.rfind(':'));
  for (std::uint32_t i = 0; i < scenario_.backends.size(); ++i) {
    if (ip == plan::backendIp(i) || ip == plan::backendName(i)) return i;
  }
  return std::nullopt;
}

// Backends that a reload has taken away are forgotten; those that come back may have been remembered by the proxy.
void HealthWatch::configure(const lb::config::Config& config, MonoTime now) {
  const bool first = services_.empty();
  std::map<std::string, ServiceTrack> next;
  for (const lb::config::Service& service : config.services) {
    ServiceTrack& track = next[service.name];
    if (const auto known = services_.find(service.name); known != services_.end()) {
      track = known->second;
      if (mayBeNobody(track, now)) track.nobody_until = now + kReloadTakes;
    }
    track.settings = service;
    std::map<std::uint32_t, Track> backends;
    for (const lb::config::Host& host : service.hosts) {
      const auto number = backendOf(host.label());
      if (!number) continue;
      const auto known = track.backends.find(*number);
      Track& one = backends[*number];
      if (known != track.backends.end()) {
        one = known->second;
      } else {
        one.unsure = !first;
        one.down = service.health_check.enabled && service.health_check.initial == lb::config::InitialHealth::Down;
        if (one.down) one.out_since = now;
      }
    }
    track.backends = std::move(backends);
    touch(track, now);
  }
  services_ = std::move(next);
  if (!first) settled_at_ = now + kReloadTakes;
}

bool HealthWatch::certain(const ServiceTrack& service, MonoTime now) const {
  const bool named =
      std::ranges::any_of(service.settings.hosts, [](const auto& host) { return !lb::IpAddress::parse(host.address); });
  const bool unsure = std::ranges::any_of(service.backends, [](const auto& one) { return one.second.unsure; });
  return now >= settled_at_ && !unsure && !(named && scenario_.has("dns"));
}

HealthWatch::Stock HealthWatch::stockOf(const ServiceTrack& service) {
  Stock stock;
  for (const lb::config::Host& host : service.settings.hosts) {
    const auto known = std::ranges::find_if(service.backends, [&](const auto& one) {
      return host.address == plan::backendIp(one.first) || host.address == plan::backendName(one.first);
    });
    if (known == service.backends.end()) continue;
    const Track& track = known->second;
    stock.ejected += track.ejected || track.half_open ? 1 : 0;
    if (track.drained || host.weight == 0) continue;
    ++(host.backup ? stock.backups : stock.hosts);
    if (track.state() == State::Up) ++(host.backup ? stock.up_backups : stock.up_hosts);
  }
  return stock;
}

// Two names may come to mean the same address, which is one backend then, or an address that no host is known by.
bool HealthWatch::namesMayMove(const ServiceTrack& service) const {
  return std::ranges::any_of(service.settings.hosts,
                             [](const auto& host) { return !lb::IpAddress::parse(host.address); }) &&
         std::ranges::any_of(scenario_.faults,
                             [](const plan::Fault& fault) { return fault.kind == plan::FaultKind::DnsMoves; });
}

bool HealthWatch::mayBeNobody(const ServiceTrack& service, MonoTime at) const {
  const bool all_up =
      std::ranges::all_of(service.backends, [](const auto& one) { return one.second.state() == State::Up; });
  if (at < settled_at_ && !all_up) return true;  // a worker may know only those of before
  if (namesMayMove(service) && (scenario_.has("by_hand") || service.settings.panic_threshold == 0)) return true;
  const Stock stock = stockOf(service);
  return stock.hosts + stock.backups == 0 || (stock.up() == 0 && service.settings.panic_threshold == 0);
}

bool HealthWatch::isFull(const ServiceTrack& service) {
  const Stock stock = stockOf(service);
  const std::uint32_t percent = service.settings.outlier.max_ejection_percent;
  return stock.up() < 2 || percent == 0 ||
         stock.ejected >= std::max<std::size_t>(1, service.backends.size() * percent / 100);
}

// To be called before and after each change, so that "until" is right.
void HealthWatch::touch(ServiceTrack& service, MonoTime now) {
  if (stockOf(service).mayPanic(service.settings.panic_threshold)) service.panic_until = now;
  if (mayBeNobody(service, now)) service.nobody_until = now;
  if (isFull(service) || !certain(service, now)) service.full_until = now;
  for (auto& [number, track] : service.backends) {
    if (track.out() || track.half_open) track.out_until = now;
    if (!track.out()) {
      track.out_since = kNever;
    } else if (track.out_since == kNever) {
      track.out_since = now;
    }
  }
}

void HealthWatch::onEnd(const std::string& service, std::string_view label, FailureRows::End end) {
  const auto number = backendOf(label);
  // A name may have meant another one.
  end.known = number.has_value() && !scenario_.has("dns");
  end.backend = number.value_or(0);
  end.good = end.good && end.known;
  rows_.add(service, static_cast<std::uint32_t>(scenario_.backends.size()), end);
}

void HealthWatch::onHangUp(const std::string& service, std::uint32_t backend, MonoTime now) {
  if (find(service, backend) == nullptr) return;
  Track& track = services_.at(service).backends.at(backend);
  if (now > track.moved_at + 1s) track.hangups.push_back(now);  // what began before that does not count
}

void HealthWatch::onReply(std::uint32_t backend, MonoTime) {
  for (auto& [name, service] : services_) {
    if (const auto known = service.backends.find(backend); known != service.backends.end())
      known->second.hangups.clear();
  }
}

std::string HealthWatch::serviceIn(std::string_view line) {
  return std::string(between(line, " of ", " "));
}

void HealthWatch::noteMood(std::string_view line) {
  if (line.starts_with("panic: ")) marks_.leave(Mark::HealthPanic);
  if (line.ends_with("requests get 503")) marks_.leave(Mark::HealthNobody);
}

std::string HealthWatch::onBackendLine(std::string_view line, MonoTime now, std::size_t under_way) {
  const std::string_view in_brackets = between(line, " (", ")");
  const bool named = line.find(" (") < line.find(" of ");
  const auto number = backendOf(named ? in_brackets : between(line, "backend ", " "));
  const auto service = services_.find(serviceIn(line));
  if (!number || service == services_.end()) return {};
  const auto known = service->second.backends.find(*number);
  if (known == service->second.backends.end()) return {};
  Track& track = known->second;
  const bool stays = line.find(" stays ") != std::string_view::npos;
  const std::string_view claimed = stays ? between(line, " stays ", ":") : between(line, " is ", ",");
  const std::string_view before = stays ? claimed : between(line, ", was ", ":");
  const std::string_view why = line.substr(std::min(line.size(), line.find(": ") + 2));
  // What the proxy may have forgotten, and what lookups may have taken away meanwhile, is as it says.
  const bool differs = before != kWords[static_cast<std::size_t>(track.state())];
  if (track.unsure || (differs && !certain(service->second, now))) {
    track = {.drained = before == "drained",
             .down = before == "down",
             .ejected = before == "ejected",
             .half_open = before == "half_open"};
  }
  if (before != kWords[static_cast<std::size_t>(track.state())])
    return fmt::format("\"{}\": it was {}", line, kWords[static_cast<std::size_t>(track.state())]);
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
  if (wrong.empty() && claimed != kWords[static_cast<std::size_t>(track.state())])
    wrong = fmt::format("it has to be {}", kWords[static_cast<std::size_t>(track.state())]);
  return wrong.empty() ? wrong : fmt::format("\"{}\": {}", line, wrong);
}

// Every request that is under way may have failed there several times already.
std::string HealthWatch::judgeRow(const ServiceTrack& service, std::uint32_t backend, std::size_t under_way) const {
  if (scenario_.config.access_log.format != lb::config::LogFormat::Json) return {};
  const std::uint64_t row = rows_.atMost(service.settings.name, backend) + 4 * under_way;
  if (row >= service.settings.outlier.consecutive_failures) return {};
  return fmt::format("there were no more than {}", row);
}

// Twice as many as are needed, all of them a second ago, and room for one more that is out.
std::string HealthWatch::judgeHangUps(const ServiceTrack& service, const Track& track, MonoTime now) const {
  const lb::config::Outlier& rules = service.settings.outlier;
  if (!rules.enabled || rules.consecutive_failures == 0 || track.state() != State::Up) return {};
  for (const char* family : {"stall", "stall_one_way", "slow_network", "pause", "swizzle", "isolation", "abort",
                             "slow_client", "small", "segments", "idle_race", "upgrade", "be"}) {
    if (scenario_.has(family)) return {};  // things may take their time, or end otherwise
  }
  const auto count = std::ranges::count_if(
      track.hangups, [&](MonoTime time) { return time + 1s < now && time > service.full_until + kMoment; });
  if (static_cast<std::uint64_t>(count) < 2 * rules.consecutive_failures) return {};
  return fmt::format("it has failed {} times in a row and is not ejected", count);
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
  } else if (says("the request on probation succeeded") || says("outlier is off")) {
    if (says("succeeded") && !track.half_open) return "nobody was on probation";
    if (says("succeeded")) marks_.leave(Mark::HealthProbationPassed);
    track.ejected = track.half_open = false;
    track.returned_at = now;
  } else if (says("a check failed")) {
    if (!service.settings.health_check.enabled) return "nobody is checked";
    if (calm_ || scenario_.calm_only) return "there was no reason";
    track.down = true;
    marks_.leave(Mark::HealthDown);
  } else if (says("a check passed") || says("it is not checked any more")) {
    if (says("passed") && (track.ejected || track.half_open)) marks_.leave(Mark::HealthGrayKeptOut);
    track.down = false;
  } else if (says("drained by hand")) {
    track.drained = true;
    marks_.leave(Mark::HealthDrained);
  } else if (says("enabled by hand")) {
    track.drained = false;
  } else {
    return "nobody knows such a reason";
  }
  return {};
}

std::string HealthWatch::eject(ServiceTrack& service, Track& track, std::string_view why, MonoTime now) {
  const lb::config::Outlier& rules = service.settings.outlier;
  if (!rules.enabled) return "outlier is off";
  if (track.ejected) return "it is ejected already";
  // An answer that is larger than lb takes, a tunnel that is reset early, and an attempt that has hardly more time than
  // its way takes, fail without anybody's fault.
  const bool excused = scenario_.has("limits") || scenario_.has("upgrade") || scenario_.has("retries");
  if (calm_ || (scenario_.calm_only && !excused)) return "there was no reason";
  const std::string_view text = between(why, "; out for ", " s");
  double seconds = 0;
  std::from_chars(text.data(), text.data() + text.size(), seconds);
  const bool again = track.half_open;
  if (!again && now - track.returned_at >= track.length) track.in_a_row = 0;
  ++track.in_a_row;
  Duration planned = rules.base_ejection;
  for (std::uint32_t i = 1; i < track.in_a_row && planned < rules.max_ejection; ++i) planned *= 2;
  planned = std::min(planned, rules.max_ejection);
  track.length = std::chrono::duration_cast<Duration>(std::chrono::duration<double>(seconds));
  // Who is on probation has been out before: if that was not counted, a reload has been in between.
  const bool counted = !again || track.in_a_row > 1;
  const bool known = counted && (track.returned_at != kNever || track.in_a_row == 1 || again);
  if (certain(service, now) && known &&
      (track.length < planned * 4 / 5 - kMoment || track.length > planned * 6 / 5 + kMoment))
    return fmt::format("the {}. time in a row is too long or too short", track.in_a_row);
  if (!again && certain(service, now)) {
    const Stock stock = stockOf(service);
    const std::size_t most = std::max<std::size_t>(1, service.backends.size() * rules.max_ejection_percent / 100);
    if (rules.max_ejection_percent == 0 || stock.ejected >= most)
      return fmt::format("{} of {} are out already", stock.ejected, service.backends.size());
    if (stock.up() < 2) return "it is the last one";
    if (stock.ejected + 1 == most && most > 1) marks_.leave(Mark::HealthCapReached);
  }
  if (track.in_a_row > 1) marks_.leave(Mark::HealthEjectedAgain);
  marks_.leave(Mark::HealthEjected);
  track.ejected = true;
  track.half_open = false;
  track.ejected_at = now;
  return {};
}

const HealthWatch::Track* HealthWatch::find(const std::string& service, std::uint32_t backend) const {
  const auto known = services_.find(service);
  if (known == services_.end()) return nullptr;
  const auto track = known->second.backends.find(backend);
  return track == known->second.backends.end() ? nullptr : &track->second;
}

std::uint64_t HealthWatch::probeOf(const std::string& service, std::uint32_t backend) const {
  const Track* track = find(service, backend);
  return track == nullptr ? 0 : track->probe;
}

std::string HealthWatch::judgeArrival(const std::string& name, std::uint32_t backend, const Arrival& arrival,
                                      bool probe_over) {
  if (find(name, backend) == nullptr) return {};
  ServiceTrack& service = services_.at(name);
  Track& track = service.backends.at(backend);
  touch(service, arrival.now);
  if (!certain(service, arrival.now)) return {};
  if (std::string wrong = judgeHangUps(service, track, arrival.now); !wrong.empty())
    return fmt::format("b{} of {}: {}", backend, name, wrong);
  if (track.drained && arrival.started > track.out_since + kMoment && !track.down && !track.ejected)
    return fmt::format("b{} of {} got request {} although it was drained by hand", backend, name, arrival.request);
  if (service.panic_until >= arrival.started) return {};
  if (track.out() && arrival.started > track.out_since + kMoment)
    return fmt::format("b{} of {} got request {} while it was {}", backend, name, arrival.request,
                       kWords[static_cast<std::size_t>(track.state())]);
  if (!track.half_open || arrival.started <= track.half_open_at + kMoment) return {};
  const bool patience_over = arrival.now - track.probe_at >= service.settings.outlier.base_ejection;
  if (track.probe != 0 && track.probe != arrival.request && !probe_over && !patience_over)
    return fmt::format("b{} of {} got request {} while {} is its probation", backend, name, arrival.request,
                       track.probe);
  track.probe = arrival.request;
  track.probe_at = arrival.now;
  return {};
}

bool HealthWatch::wasOut(const std::string& service, std::uint32_t backend, MonoTime from) const {
  const Track* track = find(service, backend);
  if (track == nullptr) return false;
  return track->out() || track->half_open || (track->out_until != kNever && track->out_until >= from);
}

bool HealthWatch::nobodyLeft(const std::string& service, MonoTime from) const {
  const auto known = services_.find(service);
  if (known == services_.end()) return true;  // since a reload, which some have not seen yet
  const ServiceTrack& track = known->second;
  return mayBeNobody(track, from) || (track.nobody_until != kNever && track.nobody_until >= from);
}

// Who is on probation comes back by a request, which a backup and a host of weight 0 need not get; nor need one whose
// policy goes by keys or by what it has seen.
bool HealthWatch::allUp(const std::string& name) const {
  const auto known = services_.find(name);
  if (known == services_.end()) return true;
  const lb::config::Service& settings = known->second.settings;
  // Where addresses came and went, the proxy may have forgotten who was out.
  const bool named =
      std::ranges::any_of(settings.hosts, [](const auto& host) { return !lb::IpAddress::parse(host.address); });
  if (named && scenario_.has("dns")) return true;
  const bool may_wait =
      settings.balance == lb::config::Balance::Hash || settings.balance == lb::config::Balance::PeakEwma;
  return std::ranges::all_of(known->second.backends, [&](const auto& one) {
    const auto host = std::ranges::find_if(settings.hosts, [&](const lb::config::Host& each) {
      return each.address == plan::backendIp(one.first) || each.address == plan::backendName(one.first);
    });
    const bool asked = host != settings.hosts.end() && host->weight > 0 && !host->backup && !may_wait;
    const State state = one.second.state();
    return one.second.unsure || state == State::Up || (state == State::HalfOpen && !asked);
  });
}

MonoTime HealthWatch::lastUp() const {
  MonoTime last{};
  for (const auto& [name, service] : services_) {
    for (const auto& [number, track] : service.backends) last = std::max(last, track.returned_at);
  }
  return last;
}

MonoTime HealthWatch::lastEjectionEnds() const {
  MonoTime last{};
  for (const auto& [name, service] : services_) {
    for (const auto& [number, track] : service.backends) {
      if (track.ejected) last = std::max(last, track.ejected_at + track.length);
    }
  }
  return last;
}

}  // namespace sim::check
