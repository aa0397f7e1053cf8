// In the calm: active checks that fail are noticed in time and not too soon, whoever is out by them is spared or, if
// too many are, used nevertheless (panic), and comes back in time.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "sim/check/affinity_check.h"
#include "sim/run/run.h"

namespace sim::run {

using actor::CheckFailure;
using check::Class;
using lb::config::Balance;
using lb::config::CheckKind;
using lb::config::HealthCheck;
using lb::config::InitialHealth;
using namespace std::chrono_literals;

namespace {

constexpr Duration kSlack = 500ms;  // for asking and answering, in small pieces
constexpr int kRequestsMax = 120;
constexpr double kSure = 21;  // e to this: a false alarm in 10^9 cases
constexpr Duration kReloadTakes = 3s;

Duration longest(Duration interval, const HealthCheck& check) {
  return interval * (100 + check.jitter_percent) / 100;
}

// How long a check takes at most that fails in this way.
Duration takes(CheckFailure how, const HealthCheck& check) {
  return how == CheckFailure::Trickle ? check.timeout : Duration::zero();
}

// From whose failing on, and from whose passing on. One check may be under way.
Duration downWithin(CheckFailure how, const HealthCheck& check) {
  return static_cast<int>(check.fall) * (longest(check.interval, check) + takes(how, check)) + kSlack;
}
Duration upWithin(Duration under_way, const HealthCheck& check) {
  return under_way + static_cast<int>(check.rise) * longest(check.down_interval, check) + kSlack;
}

bool spreads(Balance balance) {
  return balance != Balance::Hash && balance != Balance::PeakEwma;
}

bool isPlain(const lb::config::Host& host) {
  return host.weight > 0 && !host.backup && lb::IpAddress::parse(host.address);
}

}  // namespace

void Run::checks() {
  // Where nothing goes wrong nothing is to.
  if (scenario_.calm_only || !config_.routes.empty()) return;
  if (!waysAreShort()) return;
  for (std::size_t service = 0; service < config_.services.size(); ++service) {
    const lb::config::Service& settings = config_.services[service];
    if (!settings.health_check.enabled || !std::ranges::all_of(settings.hosts, isPlain)) continue;
    ledger_.health().setCalm(false);
    if (!ledger_.failed()) failingIsNoticed(service);
    if (!ledger_.failed()) checksHaveJitter(service);
    if (!ledger_.failed()) newcomerIsChecked(service);
    if (!ledger_.failed()) checksAreBrought(service);
    ledger_.health().setCalm(true);
  }
}

// Of HTTP in one of several ways; for TCP nobody listens any more, and then nobody can be asked.
void Run::failingIsNoticed(std::size_t service) {
  const lb::config::Service& settings = config_.services[service];
  const HealthCheck& check = settings.health_check;
  const bool http = check.kind == CheckKind::Http;
  std::vector<CheckFailure> ways{CheckFailure::Status, CheckFailure::Unexpected, CheckFailure::Trickle};
  if (!check.body.empty()) ways.push_back(CheckFailure::Body);
  const CheckFailure how = http ? ways[scenario_.seed % ways.size()] : CheckFailure::None;
  const std::size_t all = settings.hosts.size();
  const std::size_t most = settings.panic_threshold > 0 ? all : all - 1;  // or there is nobody
  if (most == 0) return;
  std::vector<std::uint32_t> victims;
  for (std::size_t i = 0; i <= scenario_.seed / 8 % most; ++i) {
    const auto who = static_cast<std::uint32_t>(check::backendOf(scenario_, settings.hosts[i]));
    if (!scenario_.backends[who].be || !http) victims.push_back(who);
  }
  const auto out = [&](std::uint32_t who) { return ledger_.health().isDown(settings.name, who); };
  for (const std::uint32_t who : victims) failChecks(who, how, true);
  expect(until([&] { return std::ranges::all_of(victims, out); }, downWithin(how, check)), Class::Liveness,
         "liveness.checks", "checks of {} of {} backends of {} fail ({}), and not all of them are down", victims.size(),
         all, settings.name, http ? static_cast<int>(how) : -1);
  if (!ledger_.failed()) checkShown();
  if (!ledger_.failed() && http && !victims.empty()) panicSpreads(service, victims);
  for (const std::uint32_t who : victims) failChecks(who, how, false);
  expect(until([&] { return std::ranges::none_of(victims, out); }, upWithin(takes(how, check), check)), Class::Liveness,
         "liveness.checks", "checks of {} pass, and not all that were down are back", settings.name);
  if (ledger_.failed()) return;
  ledger_.leave(check::Mark::CheckFailureNoticed);
  allComeBack(how);
}

void Run::failChecks(std::uint32_t who, CheckFailure how, bool on) {
  if (how == CheckFailure::None) {
    on ? stage_->backends()[who]->kill() : stage_->backends()[who]->restart();
  } else {
    stage_->backends()[who]->failChecks(on ? how : CheckFailure::None);
  }
}

// For other services, too, which check the same backends, each with the patience of its own: what is under way there
// may still fail. Whoever is out there is not always known (check/health_watch.h), so that all of that time has to
// pass.
void Run::allComeBack(CheckFailure how) {
  Duration under_way{};
  Duration longest{};
  for (const lb::config::Service& service : config_.services) {
    const HealthCheck& check = service.health_check;
    if (!check.enabled) continue;
    under_way = std::max(under_way, takes(how, check));
    longest = std::max(longest, upWithin(takes(how, check), check));
  }
  pass(under_way + kSlack + longest);
  if (!ledger_.failed()) recover();
}

// Those who are out answer their users. That nobody asks them without panic is for check/health_watch.h.
void Run::panicSpreads(std::size_t service, const std::vector<std::uint32_t>& victims) {
  const lb::config::Service& settings = config_.services[service];
  const std::size_t left = settings.hosts.size() - victims.size();
  const bool panics = left * 100 < settings.hosts.size() * settings.panic_threshold;
  if (!spreads(settings.balance)) return;
  double whole = 0;
  double share = 0;
  const auto isVictim = [&](int who) {
    return who >= 0 && std::ranges::find(victims, static_cast<std::uint32_t>(who)) != victims.end();
  };
  for (const lb::config::Host& host : settings.hosts) {
    whole += host.weight;
    if (isVictim(check::backendOf(scenario_, host))) share += host.weight;
  }
  const double needed = left == 0 ? 1 : std::ceil(kSure / -std::log1p(-share / whole));
  const int count = panics ? static_cast<int>(std::min<double>(needed, kRequestsMax + 1)) : 10;
  if (count > kRequestsMax) return;
  bool asked = false;
  for (int i = 0; i < count && !ledger_.failed(); ++i)
    asked = isVictim(answererOf(askFor(service, {.bytes = 100}, false))) || asked;
  if (ledger_.failed()) return;
  expect(asked || !panics, Class::Safety, "safety.panic",
         "{} of {} backends of {} can be used, panic is below {} %, and of {} requests none went to the others", left,
         settings.hosts.size(), settings.name, settings.panic_threshold, count);
  ledger_.leave(panics ? check::Mark::PanicSpread : check::Mark::OutSpared);
}

// Between one check and the next there is the interval, more or less, and not always the same.
void Run::checksHaveJitter(std::size_t service) {
  constexpr std::size_t kGaps = 9;  // all of them within a twentieth of what they may be: once in 10^9 cases
  constexpr int kPart = 20;
  const lb::config::Service& settings = config_.services[service];
  const HealthCheck& check = settings.health_check;
  if (check.kind != CheckKind::Http || check.interval > 1s || check.jitter_percent == 0) return;
  const lb::config::Host& host = settings.hosts.front();
  const auto who = static_cast<std::uint32_t>(check::backendOf(scenario_, host));
  const auto checksIt = [&](const lb::config::Service& one) {
    return one.health_check.enabled && one.health_check.kind == CheckKind::Http &&
           std::ranges::any_of(
               one.hosts, [&](const auto& each) { return check::backendOf(scenario_, each) == static_cast<int>(who); });
  };
  if (scenario_.backends[who].be || std::ranges::count_if(config_.services, checksIt) != 1) return;
  const std::vector<MonoTime>& times = stage_->backends()[who]->checkTimes();
  const std::size_t first = times.size();
  const auto least = check.interval - check.interval * check.jitter_percent / 100;
  static_cast<void>(until([&] { return times.size() > first + kGaps; }, 2 * (kGaps + 1) * check.interval));
  expect(times.size() > first + kGaps, Class::Liveness, "liveness.checks", "b{} is not checked any more", who);
  if (ledger_.failed()) return;
  Duration shortest = Duration::max();
  Duration longest_gap{};
  for (std::size_t i = first; i < first + kGaps; ++i) {
    shortest = std::min<Duration>(shortest, times[i + 1] - times[i]);
    longest_gap = std::max<Duration>(longest_gap, times[i + 1] - times[i]);
  }
  const auto ms = [](Duration time) { return std::chrono::duration<double, std::milli>(time).count(); };
  expect(shortest + 1ms >= least && longest_gap <= longest(check.interval, check) + kSlack, Class::Safety,
         "safety.check_pace", "checks every {} ms came after {} to {} ms", ms(check.interval), ms(shortest),
         ms(longest_gap));
  const Duration range = 2 * (check.interval - least);
  expect(longest_gap - shortest >= range / kPart, Class::Safety, "safety.check_pace",
         "checks with a jitter of {} % came after {} to {} ms", check.jitter_percent, ms(shortest), ms(longest_gap));
  ledger_.leave(check::Mark::CheckJitter);
}

// One host goes and comes back, and its checks fail: `initial` says what it gets until then, and when it is down.
void Run::newcomerIsChecked(std::size_t service) {
  const lb::config::Service& settings = config_.services[service];
  const HealthCheck check = settings.health_check;
  const auto who = static_cast<std::uint32_t>(check::backendOf(scenario_, settings.hosts.back()));
  const std::size_t all = settings.hosts.size();
  if (check.kind != CheckKind::Http || scenario_.backends[who].be) return;
  // A reload takes numbers away, which the books allow for where there are others.
  if (scenario_.reloads.empty() || all < 2 || (all - 1) * 100 < all * settings.panic_threshold) return;
  const lb::config::Config whole = config_;
  config_.services[service].hosts.pop_back();
  takeOver(config_);
  pass(kReloadTakes);
  failChecks(who, CheckFailure::Status, true);
  const std::vector<MonoTime>& times = stage_->backends()[who]->checkTimes();
  const std::size_t before = times.size();
  takeOver(config_ = whole);
  const auto down = [&] { return ledger_.health().isDown(settings.name, who); };
  if (check.initial == InitialHealth::Down) {
    const std::uint64_t first = last_id_ + 1;
    if (!askInTurn(service, std::vector<std::string>(12))) return;
    for (std::uint64_t id = first; id <= last_id_; ++id) {
      expect(answererOf(id) != static_cast<int>(who), Class::Safety, "safety.initial",
             "b{} of {} is new, no check of it has passed, and it got request {}", who, settings.name, id);
    }
  } else {
    const Duration limit = check.initial == InitialHealth::Check ? kSlack : downWithin(CheckFailure::Status, check);
    expect(until(down, limit), Class::Liveness, "liveness.checks",
           "b{} of {} is new, its checks fail, and it is not down", who, settings.name);
    const std::uint64_t asked = times.size() - before;  // some of them, perhaps, by other services
    expect(check.initial == InitialHealth::Check || asked >= check.fall, Class::Safety, "safety.initial",
           "b{} of {} is new, counts as up, and is down after {} checks", who, settings.name, asked);
  }
  if (!ledger_.failed()) checksPassAgain(service, who, check::Mark::NewcomerChecked);
}

void Run::checksPassAgain(std::size_t service, std::uint32_t who, check::Mark mark) {
  const lb::config::Service& settings = config_.services[service];
  failChecks(who, CheckFailure::Status, false);
  expect(until([&] { return !ledger_.health().isDown(settings.name, who); }, upWithin(0s, settings.health_check)),
         Class::Liveness, "liveness.checks", "checks of b{} of {} pass, and it is not back", who, settings.name);
  if (ledger_.failed()) return;
  ledger_.leave(mark);
  allComeBack(CheckFailure::Status);
}

// A reload takes the checks away and another one brings them back, when they would fail. Who serves already has his
// first check decide; with `initial: up` it takes as many as ever.
void Run::checksAreBrought(std::size_t service) {
  const lb::config::Service& settings = config_.services[service];
  const HealthCheck& check = settings.health_check;
  const auto who = static_cast<std::uint32_t>(check::backendOf(scenario_, settings.hosts.back()));
  if (check.kind != CheckKind::Http || scenario_.backends[who].be) return;
  const lb::config::Config whole = config_;
  config_.services[service].health_check.enabled = false;
  takeOver(config_);
  pass(kReloadTakes);
  failChecks(who, CheckFailure::Status, true);
  takeOver(config_ = whole);
  const auto down = [&] { return ledger_.health().isDown(settings.name, who); };
  const Duration limit = check.initial == InitialHealth::Up ? downWithin(CheckFailure::Status, check) : kSlack;
  expect(until(down, limit), Class::Liveness, "liveness.checks",
         "a reload brings checks for {}, those of b{} fail, and it is not down", settings.name, who);
  if (!ledger_.failed()) checksPassAgain(service, who, check::Mark::ChecksBrought);
}

}  // namespace sim::run
