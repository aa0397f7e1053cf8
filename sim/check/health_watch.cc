// See health_watch.h.
#include "sim/check/health_watch.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "sim/check/in_force.h"

namespace sim::check {

using namespace std::chrono_literals;

namespace {

constexpr std::array<std::string_view, 5> kWords{"up", "down", "ejected", "half_open", "drained"};

}  // namespace

bool isSlowForGood(const plan::Scenario& scenario, const lb::config::Service& service, std::uint32_t backend) {
  const lb::config::Outlier& rules = service.outlier;
  const Duration more = plan::farness(scenario, static_cast<int>(backend));
  constexpr int kWays = 8;  // to connect, to ask and to be answered, through small windows
  return rules.enabled && more > 0s && (rules.latency_factor > 0 || kWays * more >= rules.base_ejection);
}

bool someAreSlowForGood(const plan::Scenario& scenario, const lb::config::Service& service) {
  for (std::uint32_t i = 0; i < scenario.backends.size(); ++i) {
    if (isSlowForGood(scenario, service, i)) return true;
  }
  return false;
}

bool hasNames(const lb::config::Service& service) {
  return std::ranges::any_of(service.hosts, [](const auto& host) { return !lb::IpAddress::parse(host.address); });
}

HealthWatch::State HealthWatch::Track::state() const {
  if (drained) return State::Drained;
  if (down) return State::Down;
  if (ejected) return State::Ejected;
  return half_open ? State::HalfOpen : State::Up;
}

std::string_view HealthWatch::Track::word() const {
  return kWords[static_cast<std::size_t>(state())];
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
  if (begun_at_ == kNever) begun_at_ = now;
  std::map<std::string, ServiceTrack> next;
  // A service that goes has nobody, and what was is not over because it comes back.
  for (const auto& [name, track] : services_) {
    const bool goes = std::ranges::find(config.services, name, &lb::config::Service::name) == config.services.end();
    MonoTime& until = nobody_before_[name];
    until = std::max(until, goes || mayBeNobody(track, now) ? now + kReloadTakes : track.nobody_until);
    if (goes) moods_.forget(name);
  }
  const bool settled = now >= settledAt();
  if (!first) reloaded_at_ = now;
  for (const lb::config::Service& service : config.services) {
    ServiceTrack& track = next[service.name];
    if (const auto known = services_.find(service.name); known != services_.end()) track = known->second;
    track.nobody_until = std::max(track.nobody_until, nobody_before_[service.name]);
    track.settings = service;
    std::map<std::uint32_t, Track> backends;
    track.host_backends.clear();
    for (const lb::config::Host& host : service.hosts) {
      const auto number = backendOf(host.label());
      track.host_backends.push_back(number);
      if (!number) continue;
      const auto known = track.backends.find(*number);
      Track& one = backends[*number];
      if (known != track.backends.end()) {
        one = known->second;
        one.checks_moved_at = kNever;
        one.newcomer = one.newcomer && !settled;
      } else {
        const bool down_at_first = service.health_check.initial == lb::config::InitialHealth::Down;
        const auto left = track.leavers.find(*number);
        const bool has_left = left != track.leavers.end();
        // Kept or made anew: who was well is up.
        one.unsure = !first && !(has_left && left->second.well && !down_at_first);
        one.newcomer = one.row_unknown = !first;
        one.order_unsure = has_left && left->second.by_hand && now < left->second.at + kReloadTakes;
        one.down = service.health_check.enabled && down_at_first;
        one.never_up = one.down;
        if (one.down) one.out_since = now;
      }
    }
    for (const auto& [number, one] : track.backends) {
      if (backends.contains(number)) continue;
      const bool sure = !one.veiled && !one.unsure && !one.forgettable && !hasNames(service);
      const bool by_hand = one.weightless || one.drained || one.order_unsure;
      track.leavers[number] = {.at = now, .by_hand = by_hand, .well = sure && !by_hand && one.state() == State::Up};
    }
    track.backends = std::move(backends);
    touch(track, now);
  }
  services_ = std::move(next);
}

MonoTime HealthWatch::settledAt() const {
  return reloaded_at_ == kNever ? MonoTime{} : takenOver(troubles_, reloaded_at_);
}

bool HealthWatch::certain(const ServiceTrack& service, MonoTime now) const {
  const bool unsure = std::ranges::any_of(service.backends, [](const auto& one) {
    return one.second.unsure || one.second.forgettable || one.second.order_unsure;
  });
  return now >= settledAt() && !unsure &&
         !((scenario_.has("dns") || scenario_.has("slow_dns")) && hasNames(service.settings));
}

Stock HealthWatch::stockOf(const ServiceTrack& service) {
  Stock stock;
  for (std::size_t i = 0; i < service.settings.hosts.size(); ++i) {
    const lb::config::Host& host = service.settings.hosts[i];
    const std::optional<std::uint32_t> number = service.host_backends[i];
    const auto known = number ? service.backends.find(*number) : service.backends.end();
    if (known == service.backends.end()) continue;
    const Track& track = known->second;
    stock.ejected += track.state() == State::Ejected || track.state() == State::HalfOpen ? 1 : 0;
    if (track.drained || track.weightless || host.weight == 0) continue;
    if (track.never_up && track.down) {
      ++stock.never_up;
      continue;
    }
    ++(host.backup ? stock.backups : stock.hosts);
    if (track.state() == State::Up) ++(host.backup ? stock.up_backups : stock.up_hosts);
    if (track.state() == State::HalfOpen) ++(host.backup ? stock.tried_backups : stock.tried_hosts);
  }
  return stock;
}

// Two names may come to mean the same address, which is one backend then, or an address that no host is known by.
bool HealthWatch::namesMayMove(const ServiceTrack& service) const {
  return hasNames(service.settings) && std::ranges::any_of(scenario_.faults, [](const plan::Fault& fault) {
           return fault.kind == plan::FaultKind::DnsMoves;
         });
}

bool HealthWatch::mayBeNobody(const ServiceTrack& service, MonoTime at) const {
  const bool all_usable = std::ranges::all_of(
      service.backends, [](const auto& one) { return one.second.state() == State::Up && !one.second.weightless; });
  if (at < settledAt() && !all_usable) return true;  // a worker may know only those of before
  if (std::ranges::any_of(service.backends, [](const auto& one) { return one.second.order_unsure; })) return true;
  const lb::config::HealthCheck& check = service.settings.health_check;
  const bool down_at_first = check.enabled && check.initial == lb::config::InitialHealth::Down;
  if (namesMayMove(service) && (scenario_.has("by_hand") || service.settings.panic_threshold == 0 || down_at_first))
    return true;
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
  const Stock stock = stockOf(service);
  const std::uint32_t percent = service.settings.panic_threshold;
  if (stock.mayBe(Mood::Panic, percent)) service.panic_until = now;
  // Names are looked up first.
  moods_.look(service.settings.name, stock, percent, certain(service, now) && now >= begun_at_ + kReloadTakes, now);
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

void HealthWatch::onReply(std::uint32_t backend, int status, MonoTime now) {
  if (status >= 500) in_error_[backend] = now;
  for (auto& [name, service] : services_) {
    if (const auto known = service.backends.find(backend); known != service.backends.end())
      known->second.hangups.clear();
  }
}

// Twice as many as are needed, all of them a second ago, and room for one more that is out.
std::string HealthWatch::judgeHangUps(const ServiceTrack& service, const Track& track, MonoTime now) const {
  const lb::config::Outlier& rules = service.settings.outlier;
  if (!rules.enabled || rules.consecutive_failures == 0 || track.state() != State::Up) return {};
  for (const char* family : {"stall", "stall_one_way", "loss", "slow_network", "pause", "swizzle", "isolation", "abort",
                             "slow_client", "small", "segments", "idle_race", "upgrade", "be"}) {
    if (scenario_.has(family)) return {};  // things may take their time, or end otherwise
  }
  const auto count = std::ranges::count_if(
      track.hangups, [&](MonoTime time) { return time + 1s < now && time > service.full_until + kMoment; });
  if (static_cast<std::uint64_t>(count) < 2 * rules.consecutive_failures) return {};
  return fmt::format("it has failed {} times in a row and is not ejected", count);
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
  // Who is asked when all workers have the latest configuration has a weight, and if it was out, that was forgotten.
  if (arrival.started + -kMoment > settledAt() && service.panic_until < arrival.started && !panics(name)) {
    track.order_unsure = false;
    if (track.forgettable && !track.never_up) track.down = track.ejected = false;
    if (track.forgettable) track.checks_moved_at = kNever;  // by a checker that was another one then
    if (!track.half_open) track.forgettable = false;
    touch(service, arrival.now);
  }
  if (!certain(service, arrival.now)) return {};
  if (std::string wrong = judgeHangUps(service, track, arrival.now); !wrong.empty())
    return fmt::format("b{} of {}: {}", backend, name, wrong);
  if (track.drained && arrival.started > std::max(track.out_since, track.drained_at) + kMoment && !track.down &&
      !track.ejected)
    return fmt::format("b{} of {} got request {} although it was drained by hand", backend, name, arrival.request);
  if (track.weightless && arrival.started > std::max(track.out_since, track.weightless_at) + kMoment &&
      !track.drained && !track.down && !track.ejected)
    return fmt::format("b{} of {} got request {} although an operator had given it the weight 0", backend, name,
                       arrival.request);
  if (track.never_up && track.down && arrival.started > track.out_since + kMoment)
    return fmt::format("b{} of {} got request {} before a check of it had passed", backend, name, arrival.request);
  if (service.panic_until >= arrival.started) return {};
  if (track.out() && arrival.started > track.out_since + kMoment)
    return fmt::format("b{} of {} got request {} while it was {}", backend, name, arrival.request, track.word());
  if (!track.half_open || arrival.started <= track.half_open_at + kMoment) return {};
  // Its time began when it was picked, and connecting takes two ways; the later one may have come faster.
  const Duration way = 4 * plan::longestWay(scenario_, static_cast<int>(backend));
  const bool patience_over = arrival.now - track.probe_at + way >= service.settings.outlier.base_ejection;
  if (track.probe != 0 && track.probe != arrival.request && !probe_over && !patience_over && !arrival.held_up)
    return fmt::format("b{} of {} got request {} while {} is its probation", backend, name, arrival.request,
                       track.probe);
  track.probe = arrival.request;
  track.probe_at = arrival.now;
  return {};
}

bool HealthWatch::wasOut(const std::string& service, std::uint32_t backend, MonoTime from) const {
  if (!services_.contains(service)) return true;  // it has gone meanwhile, and with it what was known
  const Track* track = find(service, backend);
  if (track == nullptr) return false;
  return track->out() || track->half_open || track->order_unsure ||
         (track->out_until != kNever && track->out_until >= from);
}

bool HealthWatch::isEjected(const std::string& service, std::uint32_t backend) const {
  const Track* track = find(service, backend);
  return track != nullptr && track->ejected;
}

bool HealthWatch::isDown(const std::string& service, std::uint32_t backend) const {
  const Track* track = find(service, backend);
  return track != nullptr && track->down;
}

std::string HealthWatch::judgeShown(std::string_view metrics, std::string_view backends, MonoTime now) {
  for (auto& [name, service] : services_) touch(service, now);
  std::string wrong = moods_.judgeShown(metrics, backends);
  return wrong.empty() ? moods_.takeWrong() : wrong;
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
  if (hasNames(settings) && scenario_.has("dns")) return true;
  const bool may_wait =
      settings.balance == lb::config::Balance::Hash || settings.balance == lb::config::Balance::PeakEwma;
  return std::ranges::all_of(known->second.backends, [&](const auto& one) {
    const auto host = std::ranges::find_if(settings.hosts, [&](const lb::config::Host& each) {
      return each.address == plan::backendIp(one.first) || each.address == plan::backendName(one.first);
    });
    const bool asked = host != settings.hosts.end() && host->weight > 0 && !host->backup && !may_wait;
    const State state = one.second.state();
    return one.second.unsure || one.second.forgettable || state == State::Up ||
           isSlowForGood(scenario_, settings, one.first) || (state == State::HalfOpen && !asked);
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
