// Of a service's dump: retries, limits of its load and of its rate.
#include <fmt/format.h>

#include "lb/config/dump_parts.h"
#include "lb/config/units.h"
#include "lb/config/words.h"

namespace lb::config {

void writeRetry(Writer& out, const Retry& retry) {
  std::vector<std::string> on;
  for (const Word<bool RetryOn::*>& word : kRetryOnWords) {
    if (retry.on.*word.value) on.emplace_back(word.word);
  }
  for (const std::uint16_t status : retry.on.statuses) on.push_back(std::to_string(status));
  out.open("retry");
  out.set("attempts", std::uint64_t{retry.attempts});
  out.list("retry_on", on, [](const std::string& word) { return word; });
  out.set("per_try_timeout", retry.per_try_timeout);
  out.set("backoff",
          fmt::format("{{base: {}, max: {}}}", formatDuration(retry.backoff_base), formatDuration(retry.backoff_max)));
  out.set("idempotency_key", retry.idempotency_key);
  out.size("body_limit", retry.body_limit);
  out.set("budget",
          fmt::format("{{percent: {}, min_concurrency: {}}}", retry.budget.percent, retry.budget.min_concurrency));
  out.close();
}

void writeServiceLimits(Writer& out, const ServiceLimits& limits) {
  out.open("limits");
  out.size("max_body", limits.max_body);
  out.set("max_inflight", std::uint64_t{limits.max_inflight});
  out.set("queue", fmt::format("{{max: {}, timeout: {}}}", limits.queue.max, formatDuration(limits.queue.timeout)));
  if (limits.adaptive.enabled) {
    out.set("adaptive", fmt::format("{{min: {}, max: {}}}", limits.adaptive.min, limits.adaptive.max));
  } else {
    out.set("adaptive", "off");
  }
  out.close();
}

void writeRateLimit(Writer& out, const RateLimit& limit) {
  out.open("rate_limit");
  out.set("rate", formatRequestRate(limit.rate));
  if (limit.rate > 0 || limit.burst > 0) out.set("burst", std::uint64_t{limit.allowance()});
  out.set("key", wordOf(limit.key, kRateKeyWords));
  out.set("name", text(limit.name));
  out.close();
}

}  // namespace lb::config
