// See balance_shapes.h.
#include "sim/plan/balance_shapes.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "sim/plan/families.h"

namespace sim::plan {
namespace {

using namespace std::chrono_literals;
using lb::config::Balance;
using lb::config::KeySource;
using lb::config::Service;

template <class T, std::size_t N>
T oneOf(const std::array<T, N>& values, Prng& random) {
  return values[random.below(N)];
}

void drawPolicy(Service& service, Prng& random) {
  constexpr std::array kPolicies{Balance::LeastRequest, Balance::P2c, Balance::PeakEwma, Balance::Hash, Balance::Hash};
  constexpr std::array kKeys{KeySource::ClientIp, KeySource::Header, KeySource::Cookie, KeySource::Path};
  service.balance = oneOf(kPolicies, random);
  if (service.balance != Balance::Hash) return;
  service.hash.key = oneOf(kKeys, random);
  if (service.hash.key == KeySource::Header) service.hash.name = kKeyField;
  if (service.hash.key == KeySource::Cookie) service.hash.name = kKeyCookie;
  service.hash.max_load_percent = oneOf(std::array{0U, 101U, 125U}, random);
}

// The first host stays one that gets something.
void drawWeights(Service& service, bool none, Prng& random) {
  for (std::size_t i = 0; i < service.hosts.size(); ++i) {
    const std::uint32_t weight = oneOf(std::array{0U, 1U, 1U, 2U, 3U, 10U}, random);
    service.hosts[i].weight = i == 0 || !none ? std::max(weight, 1U) : weight;
  }
}

void drawBackups(Service& service, Prng& random) {
  for (std::size_t i = 1; i < service.hosts.size(); ++i) service.hosts[i].backup = random.chance({1, 2});
}

// What a request has besides: a key, a cookie that nobody has set, or something that only looks like either.
std::string drawAffinity(Prng& random) {
  const std::uint64_t key = random.below(4);
  switch (random.below(7)) {
    case 0: return fmt::format("{}: k{}", kKeyField, key);
    case 1: return fmt::format("Cookie: {}=k{}", kKeyCookie, key);
    case 2: return fmt::format("Cookie: other=1; {}=k{}; {}=0123456789abcdef", kKeyCookie, key, kStickyCookie);
    case 3: return fmt::format("Cookie: {}=", kStickyCookie);
    case 4: return fmt::format("cookie: ;; = ;{}; {}=x", kStickyCookie, kStickyCookie);
    case 5: return fmt::format("Cookie: {}=ffffffffffffffffffffffffffffffff", kStickyCookie);
    default: return {};
  }
}

}  // namespace

void shapeBalance(Scenario& scenario, Prng random) {
  for (const Family& family : kOddities) {
    if (family.drawn == Family::Drawn::Balance && random.chance({1, 2})) scenario.families.emplace_back(family.name);
  }
  for (Service& service : scenario.config.services) {
    if (scenario.has("policies") && random.chance({2, 3})) drawPolicy(service, random);
    if (scenario.has("weights") && random.chance({1, 2})) drawWeights(service, !scenario.has("outage"), random);
    if (scenario.has("backups") && random.chance({1, 2})) drawBackups(service, random);
    if (scenario.has("sticky") && random.chance({1, 2})) {
      service.sticky = {.cookie = kStickyCookie,
                        .ttl = random.chance({1, 2}) ? Duration(60s) : Duration(0s),
                        .secure = random.chance({1, 2})};
    }
    if (scenario.has("slow_start")) {
      service.slow_start = {.window = oneOf(std::array<Duration, 3>{1s, 5s, 20s}, random),
                            .min_weight_percent = oneOf(std::array{1U, 10U, 50U}, random)};
    }
  }
  if (!scenario.has("keys")) return;
  for (Client& client : scenario.clients) {
    for (Request& request : client.requests) {
      if (request.malformed < 0) request.affinity = drawAffinity(random);
    }
  }
}

}  // namespace sim::plan
