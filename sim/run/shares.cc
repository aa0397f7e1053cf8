// In the calm: whom the policies pick, counted.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <numeric>

#include "sim/check/affinity_check.h"
#include "sim/run/run.h"

namespace sim::run {

using check::Class;
using lb::config::Balance;
using lb::config::KeySource;
using namespace std::chrono_literals;

void Run::census() {
  for (std::size_t service = 0; service < config_.services.size() && scenario_.census > 0; ++service) {
    if (ledger_.failed()) return;
    if (check::someAreSlowForGood(scenario_, config_.services[service])) continue;  // who is out gets no share
    countPicks(service, config_.services[service]);
    if (!ledger_.failed() && scenario_.has("by_hand")) weighOneByHand(service);
  }
}

// `settings`: with the weights that are in force.
void Run::countPicks(std::size_t service, const lb::config::Service& settings) {
  plan::Client& client = *more_.emplace_back(std::make_unique<plan::Client>());
  const std::uint64_t first = last_id_ + 1;
  const MonoTime begin = world_.now();
  for (std::uint32_t i = 0; i < scenario_.census; ++i) client.requests.push_back(plainRequest("GET", service));
  client.requests.back().close = true;
  ask(client);
  const bool done = until([&] { return clients_.back()->done(); }, 60s);
  expect(done, Class::Liveness, "liveness.fresh", "a row of plain requests does not come to its end");
  // Who comes back meanwhile starts slowly.
  const Duration window = settings.slow_start.window;
  if (window > 0s && ledger_.health().lastUp() + window > begin) return;
  if (!ledger_.failed()) judgeCensus(settings, first, last_id_);
}

// An operator gives one of them several times the weight of the others, and takes that back.
void Run::weighOneByHand(std::size_t service) {
  lb::config::Service settings = config_.services[service];
  lb::config::Host& host = settings.hosts[scenario_.seed % settings.hosts.size()];
  if (host.weight == 0) return;
  host.weight += 3;
  lb::admin::BackendOrder order{.kind = lb::admin::BackendOrder::Kind::Weight,
                                .service = settings.name,
                                .backend = host.label(),
                                .weight = host.weight};
  lb::Control& control = stage_->proxy().control();
  expect(control.order(order) > 0, Class::Safety, "safety.control_plane", "{} of {} cannot be given a weight",
         order.backend, settings.name);
  if (!ledger_.failed()) countPicks(service, settings);
  order.weight.reset();
  static_cast<void>(control.order(order));
  if (!ledger_.failed()) ledger_.leave(check::Mark::WeighedByHand);
}

// Which part of the requests each backend is to get.
std::vector<double> Run::expectedShares(const lb::config::Service& service) const {
  std::vector<double> shares(scenario_.backends.size());
  for (const bool backups : {false, true}) {
    for (const lb::config::Host& host : service.hosts) {
      if (host.backup == backups) shares.at(static_cast<std::size_t>(check::backendOf(scenario_, host))) += host.weight;
    }
    const double all = std::accumulate(shares.begin(), shares.end(), 0.0);
    if (all == 0) continue;
    for (double& share : shares) share /= all;
    break;
  }
  return shares;
}

// Round robin by one worker is exact; what is drawn is judged by chi-square with a false alarm in 10^9 cases. An idle
// fleet has nothing but weights to go by, also where the policy is one by load.
void Run::judgeCensus(const lb::config::Service& service, std::uint64_t first, std::uint64_t last) {
  std::vector<double> counts(scenario_.backends.size());
  for (std::uint64_t id = first; id <= last; ++id) {
    // The last one: before it, a kept connection may have turned out to be closed.
    if (const int who = answererOf(id); who >= 0) counts[static_cast<std::size_t>(who)] += 1;
  }
  const std::vector<double> shares = expectedShares(service);
  const bool one_key = service.balance == Balance::Hash && service.hash.key == KeySource::ClientIp;
  const bool by_latency = service.balance == Balance::PeakEwma;
  double chi_square = 0;
  double worst = 0;
  std::size_t sharing = 0;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    const double expected = shares[i] * scenario_.census;
    if (expected == 0) {
      expect(counts[i] == 0, Class::Safety, "safety.balance", "b{} got {} requests of {}, and was to get none", i,
             counts[i], service.name);
      continue;
    }
    ++sharing;
    worst = std::max(worst, std::abs(counts[i] - expected));
    chi_square += (counts[i] - expected) * (counts[i] - expected) / expected;
    const bool any = counts[i] > 0 || one_key || by_latency || expected < 30;
    expect(any, Class::Safety, "safety.balance", "b{} got no request of {}", i, service.name);
  }
  if (one_key) {
    expect(std::ranges::count_if(counts, [](double count) { return count > 0; }) == 1, Class::Safety, "safety.affinity",
           "requests of one address went to several backends of {}", service.name);
  }
  if (ledger_.failed() || sharing < 2 || one_key || by_latency) return;
  const auto differs = [&](double share) { return share != shares.front(); };
  if (std::ranges::any_of(shares, differs)) ledger_.leave(check::Mark::WeightsCounted);
  if (service.balance == Balance::RoundRobin) {
    if (config_.threads > 1) return;  // each counts for itself
    // Of a row that is no whole number of rounds each may have a turn more or less, and the row's ends fall anywhere.
    const bool equal = std::ranges::all_of(service.hosts, [&](const auto& one) {
      return one.weight == service.hosts.front().weight && one.backup == service.hosts.front().backup;
    });
    expect(worst <= (equal ? 1 : 2), Class::Safety, "safety.balance",
           "round robin is {} requests off the share of a host of {}", worst, service.name);
    ledger_.leave(check::Mark::RoundRobinExact);
    return;
  }
  constexpr std::array kChiSquareMax{37.3, 41.4, 44.8};  // of 1, 2 and 3 degrees of freedom
  expect(sharing - 2 < kChiSquareMax.size() && chi_square <= kChiSquareMax[sharing - 2], Class::Safety,
         "safety.balance", "picks of {} do not follow weights: chi-square {:.1f}", service.name, chi_square);
}

int Run::answererOf(std::uint64_t request) {
  const check::Entry& entry = ledger_.of(request);
  return entry.attempts.empty() ? -1 : static_cast<int>(entry.attempts.back().backend);
}

// One request after the other, on a connection of its own each: any worker may get it.
bool Run::askInTurn(std::size_t service, const std::vector<std::string>& affinities) {
  for (const std::string& affinity : affinities) {
    plan::Client& client = *more_.emplace_back(std::make_unique<plan::Client>());
    client.requests.push_back(plainRequest("GET", service));
    client.requests.back().affinity = affinity;
    client.requests.back().close = true;
    ask(client);
    const bool done = until([&] { return clients_.back()->done(); }, 10s);
    expect(done, Class::Liveness, "liveness.fresh", "a request with a key or cookie does not come to its end");
    if (ledger_.failed()) return false;
  }
  return true;
}

}  // namespace sim::run
