// See traffic_shapes.h.
#include "sim/plan/traffic_shapes.h"

#include <fmt/format.h>

#include <string_view>

#include "sim/plan/balance_shapes.h"
#include "sim/plan/draw.h"
#include "sim/plan/families.h"
#include "sim/plan/forwarded.h"

namespace sim::plan {
namespace {

using namespace std::chrono_literals;
using lb::config::Service;

void drawFamilies(Scenario& scenario, Prng& random) {
  const Ratio often = random.chance({1, 2}) ? Ratio{1, 3} : Ratio{1, 8};
  for (const Family& family : kTrafficFamilies) {
    // Where nothing may go wrong, only what is tried again is changed.
    const bool drawn = random.chance(often);
    if (drawn && (!scenario.calm_only || std::string_view(family.name) == "retries"))
      scenario.families.emplace_back(family.name);
  }
}

void shapeRetries(Service& service, Prng& random) {
  lb::config::Retry& retry = service.retry;
  retry.on.connect_failure = random.chance({3, 4});
  retry.on.reset = random.chance({3, 4});
  retry.on.timeout = random.chance({1, 2});
  for (const std::uint16_t status : {std::uint16_t{500}, std::uint16_t{503}}) {
    if (random.chance({1, 2})) retry.on.statuses.push_back(status);
  }
  if (random.chance({1, 3})) retry.per_try_timeout = oneOf<Duration>(random, {50ms, 500ms, 5s});
  retry.backoff_base = oneOf<Duration>(random, {1ms, 25ms, 500ms});
  retry.backoff_max = oneOf<Duration>(random, {500ms, 2s});
  retry.idempotency_key = random.chance({1, 2});
}

void shapeLimits(Service& service, const Scenario& scenario, Prng& random) {
  lb::config::ServiceLimits& limits = service.limits;
  if (scenario.has("inflight")) {
    limits.max_inflight = static_cast<std::uint32_t>(random.between(1, 4));
    limits.queue.max = oneOf<std::uint32_t>(random, {0, 1, 2, 4, 1024});
    limits.queue.timeout = oneOf<Duration>(random, {5ms, 100ms, 1s, 10s});
  }
  if (scenario.has("adaptive") && random.chance({1, 2})) {
    const auto least = static_cast<std::uint32_t>(random.between(1, 3));
    limits.adaptive = {.enabled = true, .min = least, .max = static_cast<std::uint32_t>(random.between(least, 6))};
  }
  if (scenario.has("rate_limit") && random.chance({2, 3})) {
    service.rate_limit.rate = oneOf<double>(random, {0.5, 5, 100});
    service.rate_limit.burst = static_cast<std::uint32_t>(random.between(1, 5));
    service.rate_limit.key = random.chance({1, 2}) ? lb::config::RateKey::Service : lb::config::RateKey::ClientIp;
  }
}

// What a limited rate tells requests apart by: a key that few of them share, or for whom they come. Whose sender is
// believed has nothing else that it could lie about.
void shapeKeys(Scenario& scenario, Prng random) {
  const bool forwarded = random.chance({1, 4});
  if (forwarded) scenario.families.emplace_back("forwarded");
  if (forwarded && random.chance({2, 3})) {
    for (const char* network : {kClientIp, kTrustedNetwork})
      scenario.config.trusted_proxies.push_back(*lb::Cidr::parse(network));
  }
  for (Service& service : scenario.config.services) {
    if (service.rate_limit.rate <= 0) continue;
    if (forwarded) {
      service.rate_limit.key = lb::config::RateKey::ClientIp;
    } else if (random.chance({1, 3})) {
      service.rate_limit.key = lb::config::RateKey::Header;
      service.rate_limit.name = kKeyField;
    }
  }
  for (Client& client : scenario.clients) {
    for (Request& request : client.requests) {
      if (request.malformed >= 0) continue;
      if (forwarded) {
        request.hop_by_hop = request.hop_by_hop && !believed(scenario);
        if (!request.hop_by_hop && random.chance({2, 3}))
          request.forwarded = static_cast<int>(random.below(kForwarded.size()));
      } else if (scenario.has("rate_limit") && request.affinity.empty() && random.chance({1, 2})) {
        request.affinity = fmt::format("{}: k{}", kKeyField, random.below(3));
      }
    }
  }
}

// Its body is the planned one, so the plan has to have room for one.
void makeUnavailable(Request& request) {
  request.answer.status = 200;
  request.answer.fault = AnswerFault::Unavailable;
}

// A timeout that whoever goes on reading just does not meet, however long the whole takes.
void tightenWriteTimeout(Scenario& scenario, Prng random) {
  if (scenario.calm_only || scenario.has("tiny_timeouts") || !random.chance({1, 2})) return;
  Duration slowest{};
  for (const Client& client : scenario.clients) {
    if (client.reading == Reading::Small) slowest = std::max(slowest, slowestWindow(scenario, client));
  }
  // In whole milliseconds, as people write it.
  if (slowest > 0s)
    scenario.config.timeouts.response_idle = std::chrono::ceil<std::chrono::milliseconds>(slowest) + 20ms;
}

}  // namespace

void shapeTraffic(Scenario& scenario, Prng& random) {
  drawFamilies(scenario, random);
  for (Service& service : scenario.config.services) {
    // Without these families nothing is denied for its cost, so that whoever can be served has to be.
    service.retry.budget = {.percent = 1000, .min_concurrency = 1000};
    if (scenario.has("retry_budget")) {
      service.retry.budget = {.percent = oneOf<std::uint32_t>(random, {0, 0, 20, 100}),
                              .min_concurrency = oneOf<std::uint32_t>(random, {0, 0, 1, 3})};
    }
    if (scenario.has("retries")) shapeRetries(service, random);
    shapeLimits(service, scenario, random);
  }
  if (scenario.has("per_client"))
    scenario.config.limits.max_connections_per_client =
        static_cast<std::uint32_t>(random.between(4, 6));  // the calm needs three
  shapeKeys(scenario, Chance(scenario.seed).stream("scenario rate keys"));
  tightenWriteTimeout(scenario, Chance(scenario.seed).stream("scenario write timeout"));
  for (Client& client : scenario.clients) {
    for (Request& request : client.requests) {
      // A megabyte in single bytes is millions of events, and shows nothing more.
      if (client.piece > 0) client.piece = std::max(client.piece, request.bytes / 50'000);
      if (scenario.has("retries")) request.idempotency_key = random.chance({1, 3});
      const bool plain = request.answer.fault == AnswerFault::None && !request.upgrade && !request.words;
      if (scenario.has("unavailable") && plain && random.chance({1, 3})) makeUnavailable(request);
    }
  }
}

}  // namespace sim::plan
