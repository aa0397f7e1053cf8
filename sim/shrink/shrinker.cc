// See shrinker.h.
#include "sim/shrink/shrinker.h"

#include <algorithm>
#include <utility>

#include "sim/plan/parts.h"
#include "sim/plan/validate.h"
#include "sim/shrink/config_lines.h"
#include "sim/shrink/edits.h"

namespace sim::shrink {

using plan::Scenario;

namespace {

template <class T>
std::vector<T> chosen(const std::vector<T>& all, const Kept& kept) {
  std::vector<T> some;
  some.reserve(kept.size());
  for (const std::size_t index : kept) some.push_back(all[index]);
  return some;
}

// The requests with these numbers, counted over all clients. A client without requests is none.
std::vector<plan::Client> withRequests(const std::vector<plan::Client>& clients, const Kept& kept) {
  std::vector<plan::Client> some;
  std::size_t first = 0;
  auto next = kept.begin();
  for (const plan::Client& client : clients) {
    plan::Client one = client;
    one.requests.clear();
    for (; next != kept.end() && *next < first + client.requests.size(); ++next)
      one.requests.push_back(client.requests[*next - first]);
    first += client.requests.size();
    if (!one.requests.empty()) some.push_back(std::move(one));
  }
  return some;
}

// The next number with one digit (`digits` is 10) or two (100) and otherwise noughts.
std::uint64_t roundedUp(std::uint64_t value, std::uint64_t digits) {
  std::uint64_t unit = 1;
  while (value / unit >= digits) unit *= 10;
  return (value + unit - 1) / unit * unit;
}

}  // namespace

Size::Size(const Scenario& scenario)
    : clients(scenario.clients.size()),
      faults(scenario.faults.size()),
      reloads(scenario.reloads.size() + scenario.touches.size()),
      backends(scenario.backends.size()),
      services(scenario.config.services.size()) {
  for (const plan::Client& client : scenario.clients) requests += client.requests.size();
}

Shrinker::Shrinker(Scenario scenario, Hooks hooks) : best_(std::move(scenario)), hooks_(std::move(hooks)) {}

bool Shrinker::good() const {
  const Size size(best_);
  return size.requests <= kRequestsGood && size.faults <= kFaultsGood;
}

bool Shrinker::go() {
  while (!hooks_.enough()) {
    const bool changed = round();
    if (hooks_.enough()) return false;
    if (changed) continue;
    if (good() || stuck_ + 1 == kOtherSeeds.size()) return true;
    ++stuck_;  // what depends on chance may need less of it
  }
  return false;
}

// Lists first: with each client and request that goes, the trials get faster.
bool Shrinker::round() {
  bool changed = lists();
  changed |= configuration();
  changed |= numbers();
  changed |= fields();
  return changed;
}

bool Shrinker::lists() {
  bool changed = clients();
  changed |= faults();
  changed |= reloads();
  changed |= requests();
  changed |= regroup();
  changed |= services();
  changed |= backends();
  return changed;
}

bool Shrinker::attempt(Scenario candidate) {
  if (attemptOne(candidate)) return true;
  const std::uint64_t seed = candidate.seed;
  for (std::uint64_t i = 1; i <= kOtherSeeds[stuck_]; ++i) {
    candidate.seed = seed + i;
    if (attemptOne(candidate)) return true;
  }
  return false;
}

bool Shrinker::attemptOne(const Scenario& candidate) {
  if (hooks_.enough() || !plan::validate(candidate).empty() || !hooks_.fails(candidate)) return false;
  best_ = candidate;
  hooks_.onProgress(best_);
  return true;
}

bool Shrinker::clients() {
  const Scenario before = best_;
  const Kept kept = ddmin(before.clients.size(), [&](const Kept& some) {
    Scenario candidate = best_;
    candidate.clients = chosen(before.clients, some);
    return attempt(std::move(candidate));
  });
  return kept.size() < before.clients.size();
}

bool Shrinker::faults() {
  const std::vector<plan::Fault> before = best_.faults;
  const Kept kept = ddmin(before.size(), [&](const Kept& some) {
    Scenario candidate = best_;
    candidate.faults = chosen(before, some);
    return attempt(std::move(candidate));
  });
  return kept.size() < before.size();
}

// Of either kind: those that change something and those that do not.
bool Shrinker::reloads() {
  bool fewer = false;
  for (auto times : {&Scenario::reloads, &Scenario::touches}) {
    const std::vector<lb::Duration> before = best_.*times;
    const Kept kept = ddmin(before.size(), [&](const Kept& some) {
      Scenario candidate = best_;
      candidate.*times = chosen(before, some);
      return attempt(std::move(candidate));
    });
    fewer |= kept.size() < before.size();
  }
  return fewer;
}

bool Shrinker::requests() {
  const std::vector<plan::Client> before = best_.clients;
  const std::size_t count = Size(best_).requests;
  const Kept kept = ddmin(count, [&](const Kept& some) {
    Scenario candidate = best_;
    candidate.clients = withRequests(before, some);
    return attempt(std::move(candidate));
  });
  return kept.size() < count;
}

// Requests ask through another client: either all of them through one, or one instead of those that it has, which were
// there only because somebody had to be.
bool Shrinker::regroup() {
  if (Size(best_).requests > kRegroupMax) return false;
  bool changed = false;
  for (std::size_t from = best_.clients.size(); from-- > 0;) {
    for (std::size_t to = 0; to < best_.clients.size() && from < best_.clients.size(); ++to)
      changed |= from != to && regroupTwo(from, to);
  }
  return changed;
}

bool Shrinker::regroupTwo(std::size_t from, std::size_t to) {
  const std::vector<plan::Request> moved = best_.clients[from].requests;
  Scenario joined = best_;
  auto& all = joined.clients[to].requests;
  all.insert(all.end(), moved.begin(), moved.end());
  joined.clients.erase(joined.clients.begin() + static_cast<std::ptrdiff_t>(from));
  if (attempt(std::move(joined))) return true;
  for (std::size_t i = 0; moved.size() > 1 && i < moved.size(); ++i) {
    Scenario candidate = best_;
    candidate.clients[to].requests = {moved[i]};
    candidate.clients[from].requests.erase(candidate.clients[from].requests.begin() + static_cast<std::ptrdiff_t>(i));
    if (attempt(std::move(candidate))) return true;
  }
  return false;
}

bool Shrinker::services() {
  bool changed = false;
  for (std::size_t i = best_.config.services.size(); i-- > 0;) {
    Scenario candidate = best_;
    plan::removeService(candidate, i);
    changed |= attempt(std::move(candidate));
  }
  return changed;
}

bool Shrinker::backends() {
  bool changed = false;
  for (std::size_t i = best_.backends.size(); i-- > 0;) {
    Scenario candidate = best_;
    plan::removeBackend(candidate, i);
    changed |= attempt(std::move(candidate));
  }
  return changed;
}

bool Shrinker::configuration() {
  const lb::config::Config before = best_.config;
  const ConfigLines lines(before);
  static_cast<void>(ddmin(lines.count(), [&](const Kept& kept) {
    auto config = lines.with(kept);
    if (!config) return false;
    if (*config == best_.config) return true;  // those lines said what is so anyway
    Scenario candidate = best_;
    candidate.config = *std::move(config);
    return attempt(std::move(candidate));
  }));
  Scenario candidate = best_;
  candidate.config.threads = 1;
  if (best_.config.threads > 1) attempt(std::move(candidate));
  return best_.config != before;
}

// Of what cannot go back to its default: the smallest that still fails.
bool Shrinker::numbers() {
  bool changed = false;
  const std::size_t lines = ConfigLines(best_.config).count();
  for (std::size_t i = 0; i < lines; ++i) {
    for (const std::uint64_t number : {1U, 2U, 3U}) {
      const ConfigLines now(best_.config);
      if (now.count() != lines) return changed;  // a number that is the default has no line
      Scenario candidate = best_;
      auto config = now.withNumber(i, number);
      if (!config) continue;
      candidate.config = *std::move(config);
      if (!attempt(std::move(candidate))) continue;
      changed = true;
      break;
    }
  }
  return changed;
}

bool Shrinker::fields() {
  bool changed = false;
  for (const EditGroup& group : fieldEdits(best_)) {
    Scenario candidate = best_;
    std::uint64_t distance = 0;
    for (const Edit& edit : group.edits) {
      distance += edit.distance(best_);
      edit.set(candidate, 0);
    }
    if (distance == 0) continue;
    if (attempt(std::move(candidate))) {
      changed = true;
      continue;
    }
    for (const Edit& edit : group.edits) changed |= towardsDefault(edit);
  }
  return changed;
}

// Bisects between the default, which is too near, and what is known to be far enough. Of a time, the last steps are not
// worth their trials, but a round number is.
bool Shrinker::towardsDefault(const Edit& edit) {
  const std::uint64_t before = edit.distance(best_);
  if (before == 0) return false;
  const auto reaches = [&](std::uint64_t distance) {
    Scenario candidate = best_;
    edit.set(candidate, distance);
    return attempt(std::move(candidate));
  };
  if (reaches(0)) return true;
  if (edit.kind == Edit::Kind::Word) return false;
  const bool time = edit.kind == Edit::Kind::Time;
  std::uint64_t near = 0;
  std::uint64_t far = before;
  while (far - near > 1 + (time ? far / 64 : 0) && !hooks_.enough()) {
    const std::uint64_t middle = near + (far - near) / 2;
    (reaches(middle) ? far : near) = middle;
  }
  for (const std::uint64_t digits : {10U, 100U}) {
    const std::uint64_t round = roundedUp(far, digits);
    if (!time || round == far || (round <= before && reaches(round))) break;
  }
  return edit.distance(best_) < before;
}

}  // namespace sim::shrink
