// What one service does about trouble and about too much: retries, limits of its load and of its rate.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "lb/config/sections.h"
#include "lb/config/units.h"
#include "lb/config/words.h"
#include "lb/http/chars.h"

namespace lb::config {
namespace {

void readStatus(const Value& item, std::vector<std::uint16_t>& statuses) {
  std::uint16_t status = 0;
  if (!item.integer(status, kRetryStatus)) return;
  if (std::ranges::find(statuses, status) != statuses.end()) {
    item.error(fmt::format("{} is there already", status));
    return;
  }
  statuses.push_back(status);
}

// The list replaces what was inherited: what it does not name is not tried again.
void readOn(const Value& value, RetryOn& on) {
  RetryOn wanted;
  for (const auto& word : kRetryOnWords) wanted.*word.value = false;
  std::size_t entries = 0;
  const bool is_list = value.list([&](const Value& item) {
    if (++entries > kRetryOnMax) return;
    bool RetryOn::* member = nullptr;
    if (item.isNumber()) {
      readStatus(item, wanted.statuses);
    } else if (item.word(member, kRetryOnWords)) {
      if (wanted.*member) item.error("is there already");
      wanted.*member = true;
    }
  });
  if (entries > kRetryOnMax) value.error(fmt::format("has over {} entries", kRetryOnMax));
  if (is_list) on = wanted;
}

void readAdaptive(const Value& value, AdaptiveLimit& adaptive) {
  adaptive.enabled = false;
  if (value.is("off") || value.is("false")) return;
  if (value.isScalar()) {
    value.error("must be a map or off");
    return;
  }
  adaptive.enabled = true;
  value.map([&](Section& section) {
    section.integer("min", adaptive.min, kAdaptiveLimit);
    section.integer("max", adaptive.max, kAdaptiveLimit);
  });
  if (adaptive.min > adaptive.max) value.error(fmt::format("min {} is over max {}", adaptive.min, adaptive.max));
}

Result<std::string> parseHeaderName(std::string_view text) {
  if (text.empty()) return fail("must not be empty");
  if (text.size() > kHeaderNameMax) return fail(fmt::format("is longer than {} characters", kHeaderNameMax));
  if (!http::isToken(text)) return fail(fmt::format("{} is not the name of a header", quote(text)));
  return std::string(text);
}

}  // namespace

void readRetry(Section& section, Retry& retry) {
  section.integer("attempts", retry.attempts, kRetryAttempts);
  if (const auto on = section.find("retry_on")) readOn(*on, retry.on);
  section.duration("per_try_timeout", retry.per_try_timeout, kTimeoutOrOff);
  section.map("backoff", [&](Section& backoff) {
    backoff.duration("base", retry.backoff_base, kBackoff);
    backoff.duration("max", retry.backoff_max, kBackoff);
    if (retry.backoff_base > retry.backoff_max) {
      backoff.error(
          fmt::format("base {} is over max {}", formatDuration(retry.backoff_base), formatDuration(retry.backoff_max)));
    }
  });
  section.boolean("idempotency_key", retry.idempotency_key);
  section.size("body_limit", retry.body_limit, kRetryBody);
  section.map("budget", [&](Section& budget) {
    budget.integer("percent", retry.budget.percent, kRetryBudgetPercent);
    budget.integer("min_concurrency", retry.budget.min_concurrency, kRetryBudgetMin);
  });
}

void readServiceLimits(Section& section, ServiceLimits& limits) {
  section.size("max_body", limits.max_body, kMaxBody);
  section.integer("max_inflight", limits.max_inflight, kMaxInflight);
  section.map("queue", [&](Section& queue) {
    queue.integer("max", limits.queue.max, kQueueMax);
    queue.duration("timeout", limits.queue.timeout, kTimeout);
  });
  const auto adaptive = section.find("adaptive");
  if (adaptive && !adaptive->isNull()) readAdaptive(*adaptive, limits.adaptive);
}

void readRateLimit(Section& section, RateLimit& limit) {
  if (const auto rate = section.find("rate")) rate->requestRate(limit.rate, kRequestRate);
  section.integer("burst", limit.burst, kRateBurst);
  section.word("key", limit.key, kRateKeyWords);
  const auto name = section.find("name");
  if (name && !name->is("")) name->parsed(limit.name, parseHeaderName, "the name of a header");
  if (limit.key == RateKey::Header && limit.name.empty()) section.error("`key: header` needs the `name` of a header");
  if (limit.key != RateKey::Header && name && !name->is("")) name->error("only `key: header` has a name");
  if (limit.key != RateKey::Header) limit.name.clear();  // that of the defaults
}

}  // namespace lb::config
