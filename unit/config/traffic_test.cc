// Retries and limits of a service: what is read, what is inherited, what is refused.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "unit/config/support.h"

namespace lb::config {
namespace {

Service serviceOf(std::string_view keys) {
  const Config config = configOf(withServiceKeys(keys));
  return config.services.empty() ? Service{} : config.services.front();
}

TEST(Traffic, RetriesAreRead) {
  const Service service = serviceOf(
      "retry: {attempts: 3, retry_on: [reset, 502, timeout], per_try_timeout: 2s, backoff: {base: 10ms, max: 1s}, "
      "idempotency_key: true, body_limit: 1KiB, budget: {percent: 30, min_concurrency: 0}}");
  const Retry expected{.attempts = 3,
                       .on = {.connect_failure = false, .reset = true, .timeout = true, .statuses = {502}},
                       .per_try_timeout = 2s,
                       .backoff_base = 10ms,
                       .backoff_max = 1s,
                       .idempotency_key = true,
                       .body_limit = 1024,
                       .budget = {.percent = 30, .min_concurrency = 0}};
  EXPECT_EQ(service.retry, expected);
}

TEST(Traffic, LimitsAreRead) {
  const Service service = serviceOf(
      "limits: {max_inflight: 10, queue: {max: 5, timeout: 250ms}, adaptive: {min: 2}}, "
      "rate_limit: {rate: 30/m, burst: 7, key: header, name: X-Api-Key}");
  EXPECT_EQ(service.limits.max_inflight, 10U);
  EXPECT_EQ(service.limits.queue, (Queue{.max = 5, .timeout = 250ms}));
  EXPECT_EQ(service.limits.adaptive, (AdaptiveLimit{.enabled = true, .min = 2, .max = 1000}));
  EXPECT_EQ(service.rate_limit, (RateLimit{.rate = 0.5, .burst = 7, .key = RateKey::Header, .name = "X-Api-Key"}));
  EXPECT_EQ(serviceOf("rate_limit: {rate: 100/s}").rate_limit.allowance(), 100U) << "one second's worth";
  EXPECT_EQ(serviceOf("rate_limit: {rate: 1/h}").rate_limit.allowance(), 1U);
}

TEST(Traffic, DefaultsAreInheritedAndSwitchedOff) {
  const Config config = configOf(
      withDefaults("retry: {retry_on: [503]}, limits: {adaptive: {max: 5}, max_inflight: 3}, rate_limit: {rate: 5/s}",
                   {"", "limits: {adaptive: off, max_inflight: 0}, rate_limit: {rate: 0}, retry: {retry_on: []}"}));
  ASSERT_EQ(config.services.size(), 2U);
  EXPECT_EQ(config.services[0].retry.on.statuses, std::vector<std::uint16_t>{503});
  EXPECT_FALSE(config.services[0].retry.on.connect_failure) << "the list names all that is tried again";
  EXPECT_TRUE(config.services[0].limits.adaptive.enabled);
  EXPECT_EQ(config.services[0].rate_limit.rate, 5);
  EXPECT_FALSE(config.services[1].limits.adaptive.enabled);
  EXPECT_EQ(config.services[1].limits.max_inflight, 0U);
  EXPECT_EQ(config.services[1].rate_limit.rate, 0);
  EXPECT_TRUE(config.services[1].retry.on.statuses.empty());
}

TEST(Traffic, TheHeaderOfDefaultsIsNoOtherKeysName) {
  const Config config =
      configOf(withDefaults("rate_limit: {rate: 5/s, key: header, name: X-Key}", {"rate_limit: {key: client_ip}", ""}));
  ASSERT_EQ(config.services.size(), 2U);
  EXPECT_EQ(config.services[0].rate_limit.name, "");
  EXPECT_EQ(config.services[1].rate_limit.name, "X-Key");
  const auto again = parse(dump(config));
  ASSERT_TRUE(again.has_value()) << formatAll(again.error());
  EXPECT_EQ(again->config, config);
}

TEST(Traffic, ABurstInDefaultsIsInheritedAndOneThatFollowsFromTheRateIsNot) {
  const auto burstWith = [](std::string_view defaults) {
    return configOf(withDefaults(fmt::format("rate_limit: {{{}}}", defaults), {"rate_limit: {rate: 50/s}"}))
        .services.at(0)
        .rate_limit.allowance();
  };
  EXPECT_EQ(burstWith("rate: 100/s, burst: 500"), 500U);
  EXPECT_EQ(burstWith("burst: 500"), 500U);
  EXPECT_EQ(burstWith("rate: 100/s"), 50U);
}

TEST(Traffic, Refusals) {
  const std::vector<Row> rows{
      {"a word that is none", "retry: {retry_on: [resets]}",
       "c.yaml:2:22: services[0].retry.retry_on[0]: \"resets\" is not connect_failure or reset or timeout; did you "
       "mean "
       "\"reset\"?\n"},
      {"a status that is no failure", "retry: {retry_on: [404]}",
       "c.yaml:2:22: services[0].retry.retry_on[0]: 404 is under 500 (500 to 599)\n"},
      {"twice", "retry: {retry_on: [502, 502]}", "c.yaml:2:27: services[0].retry.retry_on[1]: 502 is there already\n"},
      {"a scalar", "retry: {retry_on: 502}",
       "c.yaml:2:21: services[0].retry.retry_on: must be a list, not a single value\n"},
      {"backoff", "retry: {backoff: {base: 2s, max: 1s}}",
       "c.yaml:2:20: services[0].retry.backoff: base 2s is over max 1s\n"},
      {"adaptive", "limits: {adaptive: {min: 5, max: 4}}",
       "c.yaml:2:22: services[0].limits.adaptive: min 5 is over max 4\n"},
      {"adaptive on", "limits: {adaptive: on}", "c.yaml:2:22: services[0].limits.adaptive: must be a map or off\n"},
      {"rate without unit", "rate_limit: {rate: 5}",
       "c.yaml:2:22: services[0].rate_limit.rate: \"5\" is not a rate of requests, such as 100/s, 0.5/s, 30/m or "
       "1000/h\n"},
      {"header without name", "rate_limit: {rate: 5/s, key: header}",
       "c.yaml:2:15: services[0].rate_limit: `key: header` needs the `name` of a header\n"},
      {"name without header", "rate_limit: {rate: 5/s, name: X-Key}",
       "c.yaml:2:33: services[0].rate_limit.name: only `key: header` has a name\n"},
      {"queue", "limits: {queue: {max: 1000001}}",
       "c.yaml:2:25: services[0].limits.queue.max: 1000001 is over 1000000 (0 to 1000000)\n"},
  };
  for (const Row& row : rows) EXPECT_EQ(errorsOf(withServiceKeys(row.yaml)), row.expected) << row.name;
}

}  // namespace
}  // namespace lb::config
