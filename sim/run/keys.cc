// In the calm: who belongs to a backend by a key or a cookie stays with it, as long as it is there and has room.
#include <fmt/format.h>

#include <utility>

#include "sim/check/affinity_check.h"
#include "sim/plan/balance_shapes.h"
#include "sim/run/run.h"

namespace sim::run {

using check::Class;
using lb::config::Balance;
using lb::config::KeySource;
using namespace std::chrono_literals;

namespace {

// The key of a request, and another cookie that has nothing to say.
std::string fieldOf(const lb::config::Hash& hash, std::size_t key, std::size_t other) {
  return hash.key == KeySource::Header ? fmt::format("{}: k{}", plan::kKeyField, key)
                                       : fmt::format("Cookie: a={}; {}=k{}", other, plan::kKeyCookie, key);
}

}  // namespace

void Run::affinity() {
  for (std::size_t service = 0; service < config_.services.size(); ++service) {
    if (check::someAreSlowForGood(scenario_, config_.services[service])) continue;  // keys leave who is out
    for (const auto story : {&Run::keysStay, &Run::busyKeyMovesOn, &Run::keysOutliveAHost, &Run::stickyClientsStay}) {
      if (!ledger_.failed()) (this->*story)(service);
    }
  }
}

bool Run::goesByAKey(std::size_t service) const {
  const lb::config::Service& settings = config_.services[service];
  const bool named = settings.hash.key == KeySource::Header || settings.hash.key == KeySource::Cookie;
  return settings.balance == Balance::Hash && named;
}

void Run::keysStay(std::size_t service) {
  if (!goesByAKey(service)) return;
  constexpr std::size_t kKeys = 5;
  std::vector<std::string> keys;
  for (std::size_t i = 0; i < 4 * kKeys; ++i) keys.push_back(fieldOf(config_.services[service].hash, i % kKeys, i));
  const std::uint64_t first = last_id_ + 1;
  if (!askInTurn(service, keys)) return;
  for (std::size_t i = kKeys; i < keys.size(); ++i) {
    const int before = answererOf(first + i - kKeys);
    const int now = answererOf(first + i);
    expect(before == now, Class::Safety, "safety.affinity", "\"{}\" went to b{} and to b{}", keys[i], before, now);
  }
  ledger_.leave(check::Mark::KeyKept);
}

// Requests with one key, all of which are under way: the backend that they belong to gets those that it has room for,
// which hash.max_load says, and others the rest.
void Run::busyKeyMovesOn(std::size_t service) {
  const lb::config::Service& settings = config_.services[service];
  const std::uint64_t percent = settings.hash.max_load_percent;
  const std::size_t hosts = settings.hosts.size();
  constexpr std::uint64_t kAtATime = 4;
  if (!goesByAKey(service) || percent == 0 || hosts < 2 || !check::areAlike(scenario_, settings.hosts)) return;
  if (!hasRoom() || !waysAreShort() || !waitsFor(settings, kLong)) return;
  if (settings.outlier.enabled && settings.outlier.latency_factor > 0) return;  // busy ones would be too slow
  const std::uint64_t first = last_id_ + 1;
  std::uint64_t at_home = 0;
  for (std::uint64_t all = 1; all <= kAtATime; ++all) {
    plan::Request request = plainRequest("GET", service);
    request.answer.delay = kLong;
    request.affinity = fieldOf(settings.hash, 1, all);
    const std::uint64_t id = askWith(std::move(request), true);
    if (ledger_.failed()) return;
    const bool full = at_home * 100 * hosts >= all * percent;
    const bool home = answererOf(id) == answererOf(first);
    expect(home != full, Class::Safety, "safety.affinity", "with {} of {} requests on b{}, its key went to b{}",
           at_home, all - 1, answererOf(first), answererOf(id));
    at_home += home ? 1 : 0;
  }
  until([&] { return clientsDone(); }, kLong + 10s);
  ledger_.keysPassedOn(kAtATime - at_home);
  if (at_home < kAtATime) ledger_.leave(check::Mark::KeyMovedOn);
}

// When a host goes, its keys move to others, and hardly any of the others' do (Maglev, lb/balance/maglev.h).
void Run::keysOutliveAHost(std::size_t service) {
  constexpr std::size_t kKeys = 40;
  const lb::config::Service& settings = config_.services[service];
  if (!goesByAKey(service) || settings.hosts.size() < 3 || !check::areAlike(scenario_, settings.hosts)) return;
  // A reload takes numbers away, which the books allow for where there are others; and who is checked comes back when a
  // check has passed.
  if (scenario_.reloads.empty() || settings.health_check.enabled || !waysAreShort()) return;
  std::vector<std::string> keys;
  for (std::size_t i = 0; i < kKeys; ++i) keys.push_back(fieldOf(settings.hash, i, i));
  const std::uint64_t first = last_id_ + 1;
  if (!askInTurn(service, keys)) return;
  const lb::config::Config whole = config_;
  const int gone = check::backendOf(scenario_, settings.hosts.front());
  config_.services[service].hosts.erase(config_.services[service].hosts.begin());
  takeOver(config_);
  pass(100ms);
  const std::uint64_t again = last_id_ + 1;
  if (!askInTurn(service, keys)) return;
  std::size_t others = 0;
  std::size_t moved = 0;
  for (std::size_t i = 0; i < kKeys; ++i) {
    if (answererOf(first + i) == gone) continue;
    ++others;
    moved += answererOf(first + i) != answererOf(again + i) ? 1 : 0;
  }
  expect(3 * moved <= others, Class::Safety, "safety.affinity", "{} of {} keys left backends of {} that stayed", moved,
         others, settings.name);
  config_ = whole;
  takeOver(config_);
  pass(100ms + settings.slow_start.window);
  ledger_.leave(check::Mark::KeysOutlivedHost);
}

void Run::stickyClientsStay(std::size_t service) {
  const std::string& cookie = config_.services[service].sticky.cookie;
  if (cookie.empty()) return;
  const std::uint64_t first = last_id_ + 1;
  if (!askInTurn(service, {""})) return;
  const std::string pin = ledger_.of(first).pin;
  if (pin.empty()) return;  // be's own answer, or a second attempt
  if (!askInTurn(service, std::vector<std::string>(8, fmt::format("Cookie: {}={}", cookie, pin)))) return;
  for (std::uint64_t id = first; id <= last_id_; ++id) {
    expect(answererOf(id) == answererOf(first), Class::Safety, "safety.affinity",
           "a sticky client of b{} was sent to b{}", answererOf(first), answererOf(id));
  }
  ledger_.leave(check::Mark::StickyKept);
}

}  // namespace sim::run
